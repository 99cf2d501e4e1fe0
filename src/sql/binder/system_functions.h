#pragma once

#include <string_view>
#include <vector>

#include "catalog/tenant_catalog.h"
#include "sql/parser/ast.h"
#include "sql/plan/expression.h"

namespace rem::sql {

/// A call of a function that asks the catalog: pg_get_indexdef, obj_description, to_regclass, ... What it answers is
/// part of the plan. nullptr for another function. Arguments are bound.
ExprPtr BindSystemFunction(std::string_view name, const std::vector<ExprPtr>& arguments, const CatalogSnapshot& catalog,
                           int position);

/// oid, regclass, regtype and their kin, which are no types of the engine: an oid and a regclass are numbers of type
/// bigint, a regtype is the type's name.
bool IsSystemTypeName(const ast::TypeName& type);
/// An expression whose value is shown as RegclassName says.
bool IsRegclass(const ast::Expr& expr);
/// value::type of such a type. Error where a name does not exist, or is computed.
ExprPtr CastToSystemType(const ExprPtr& value, std::string_view type, const CatalogSnapshot& catalog, int position);
/// The number of the type of this name, as format_type writes it.
ExprPtr SystemTypeNumber(std::string_view name, int position);
/// The name that a regclass is shown as: of a number that CastToSystemType made.
ExprPtr RegclassName(const ExprPtr& oid, const CatalogSnapshot& catalog, int position);

}  // namespace rem::sql

#pragma once

#include <span>

#include <rem/value.h>

#include "catalog/tenant_catalog.h"
#include "sql/parser/ast.h"
#include "sql/plan/plan.h"

namespace rem::sql {

struct BinderOptions {
  /// A double-quoted name that is no column is a text.
  bool quoted_names_as_text = true;
  /// Reads the queries of views; without it there are none.
  ast::SelectPtr (*parse_view)(std::string_view text) = nullptr;
};

/// Finds what the names of a statement mean and settles every type. Errors carry the position and the nearest names.
/// Parameter values give their types.
LogicalPlan BindStatement(const ast::Statement& statement, const CatalogSnapshot& catalog,
                          std::span<const Value> parameters, const BinderOptions& options = {});

}  // namespace rem::sql

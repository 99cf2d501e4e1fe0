#pragma once

#include <string_view>
#include <vector>

#include "sql/parser/ast.h"
#include "sql/plan/plan.h"
#include "sql/plan/table_function.h"

namespace rem::sql {

/// A call of a table function with the columns that it makes.
struct BoundTableCall {
  LogicalTableFunction call;
  std::vector<OutputColumn> columns;
};

/// Whether the call names a function that gives rows.
bool IsTableFunction(const ast::Expr& expr);
/// The overload that takes the arguments, its columns added to the plan. Error(kFunctionNotFound).
BoundTableCall BindTableCall(LogicalPlan& plan, std::string_view name, std::vector<ExprPtr> arguments, int position);
/// One row with the value as column `name`.
BoundTableCall SingleRow(LogicalPlan& plan, std::string_view name, ExprPtr value);
/// A function that gives records, with the columns that AS t (a integer, b text) defines.
BoundTableCall BindRecordCall(LogicalPlan& plan, const TableFunction& function, ExprPtr argument,
                              const std::vector<std::string>& names, const std::vector<LogicalType>& types);
/// The function that gives records under this name, or nullptr.
const TableFunction* FindRecordFunction(std::string_view name);

}  // namespace rem::sql

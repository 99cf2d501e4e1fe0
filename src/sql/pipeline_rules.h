#pragma once

#include <memory>
#include <optional>

#include "catalog/row_rules.h"
#include "sql/pipeline_change.h"

namespace rem::sql {

/// The value of a DEFAULT that is the same for every row, converted to the column's type; nullopt for one that is
/// computed for each record. Error where the expression does not fit the column.
std::optional<Value> ConstantDefault(const ast::StoredExpr& expr, const ChangeTarget& target, int position);

/// Whether an expression of SQL names a column.
bool ExpressionMentions(const std::string& expression, std::string_view column);
/// The expression with another name for a column.
std::string RenameInExpression(const std::string& expression, std::string_view from, std::string_view to);
/// The type of an expression over the columns of a table.
LogicalType TypeOfExpression(const TableSchema& schema, const std::string& expression);
/// Compiles the rules at once, so that a definition with an error is refused.
void CheckRowRules(const TableSchema& schema);

}  // namespace rem::sql

namespace rem {

/// The RowRulesMaker of the SQL layer.
std::shared_ptr<const RowRules> MakeRowRules(const TableSchema& schema);

}  // namespace rem

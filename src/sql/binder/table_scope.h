#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "catalog/table.h"
#include "sql/parser/ast.h"
#include "sql/plan/plan.h"

namespace rem::sql {

/// What the names of one table in a query mean. Adds a plan column for each field that is asked for.
class TableScope {
 public:
  TableScope(LogicalPlan& plan, TablePtr table, std::string alias, uint32_t scan = 0)
      : plan_(plan), table_(std::move(table)), alias_(std::move(alias)), scan_(scan) {}

  const TablePtr& table() const { return table_; }
  /// The expression of a column, with a path into it where more names follow; nullptr when there is no such column.
  ExprPtr Find(const std::vector<ast::NamePart>& parts, int position);
  /// A field of the record by name and path, for filters that do not come from SQL; nullptr when the table has no such
  /// field.
  ExprPtr FindField(const std::vector<std::string>& path);
  /// Error(kColumnNotFound) with the nearest names.
  /// As Find, of a name without the table's.
  /// Without `system`, system columns of a table made by SQL are not found.
  ExprPtr FindFrom(std::span<const ast::NamePart> parts, int position, bool system = true);
  /// Names of columns and of undeclared properties, for hints.
  std::vector<std::string> Names() const;
  uint32_t scan() const { return scan_; }
  [[noreturn]] void ThrowUnknown(const std::vector<ast::NamePart>& parts, int position) const;
  bool IsAlias(const ast::NamePart& part) const;
  /// The vector column that `parts` name, or nullptr.
  const VectorColumn* FindVector(std::span<const ast::NamePart> parts) const;

  ExprPtr VectorField(const VectorColumn& column);
  ColumnId RowId();
  /// Columns of `SELECT *`: the declared ones but vectors, then, where rows hold members that the schema does not name,
  /// an object of those named "*".
  std::vector<OutputColumn> Star(bool undeclared = true);

 private:
  const ColumnSchema* FindDeclared(const ast::NamePart& name) const;
  bool HasUndeclared(std::string_view name) const;
  ColumnId Field(PlanColumn column);
  ExprPtr Reference(PlanColumn column, int position);

  LogicalPlan& plan_;
  TablePtr table_;
  std::string alias_;
  uint32_t scan_;
};

}  // namespace rem::sql

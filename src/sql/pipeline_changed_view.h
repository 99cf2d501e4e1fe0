#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/pipeline_change.h"

namespace rem::sql {

/// A view whose rows are those of one table, so that changing them means changing the table's records.
class ChangedView {
 public:
  /// nullopt for a table. Makes `name` the view's in the statement: TableFrom(name) reads its rows with the records'
  /// ids. Error 55000 for a view that cannot be changed; `verb` is what the statement does: "update".
  static std::optional<ChangedView> Open(const CatalogSnapshot& catalog, ast::TableName& name, std::string_view verb);

  const TablePtr& table() const { return table_; }
  /// Makes the targets columns of the table.
  void Resolve(std::vector<ast::Assignment>& targets) const;
  /// The same for INSERT: where none is named, the view's first columns take the `values`.
  void ResolveAll(std::vector<ast::Assignment>& targets, size_t values, int position) const;
  /// Writes out * in RETURNING.
  void Expand(std::vector<ast::SelectItem>& items, const ast::TableName& name) const;

 private:
  struct Column {
    std::string name;
    std::string of_table;  ///< Empty for an expression.
  };

  std::string view_;
  std::string verb_;
  TablePtr table_;
  std::vector<Column> columns_;
};

}  // namespace rem::sql

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/executor/operator.h"
#include "sql/plan/table_function.h"

namespace rem::sql {

/// One call of a table function in a plan with its rows, chunk by chunk. Columns are the call's outputs, then its
/// ordinality.
class TableFunctionCall {
 public:
  TableFunctionCall(const ExecContext& context, const LogicalTableFunction& plan);

  /// Starts anew with these arguments.
  void Open(std::span<const Value> arguments);
  /// Whether there is a row at hand; reads the next chunk where needed.
  bool HasRow() { return at_ < size_ || ReadChunk(); }

  size_t columns() const { return columns_.size(); }
  const Column& column(size_t i) const { return *columns_[i]; }
  /// Rows of the chunk, and the first of them that was not skipped.
  size_t size() const { return size_; }
  size_t at() const { return at_; }
  void Skip(size_t rows) { at_ += rows; }

 private:
  bool ReadChunk();

  const LogicalTableFunction& plan_;
  const size_t chunk_rows_;
  std::unique_ptr<TableFunctionRun> run_;
  std::vector<std::unique_ptr<Column>> columns_;
  size_t size_ = 0;
  size_t at_ = 0;
  int64_t number_ = 0;
};

}  // namespace rem::sql

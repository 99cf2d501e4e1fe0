#pragma once

#include <memory>
#include <vector>

#include "sql/executor/operator.h"

namespace rem::sql {

/// Copies cells, and the bytes they point to, to cells `at` and on of a column, which are there and valid: those of
/// `count` rows, by default the first ones.
void AppendCells(Column& to, size_t at, const Column& from, const uint32_t* rows, size_t count);

/// Rows that an operator keeps: copies of the rows of many batches, in the columns of one layout.
class RowStore {
 public:
  /// `what` names the operator whose rows these are.
  RowStore(const ExecContext& context, std::span<const ColumnId> layout, const char* what);

  size_t size() const { return size_; }
  void Append(const ColumnBatch& batch, size_t row);
  /// Appends all rows that count.
  void Append(const ColumnBatch& batch);
  /// Keeps only these rows, in this order.
  void Keep(std::span<const uint32_t> rows);
  void Clear();
  const Column& column(size_t i) const { return *columns_[i]; }
  size_t columns() const { return columns_.size(); }
  size_t memory_bytes() const;
  /// Tells the statement how much memory the rows take, and `more` besides. Error(kLimitExceeded).
  void CheckMemory(size_t more = 0) { memory_.Set(memory_bytes() + more); }
  /// Shows `count` rows from `first` on, of those that `order` lists, as a batch.
  void Show(std::span<const uint32_t> order, ColumnBatch& batch) const;

 private:
  std::vector<LogicalType> types_;
  std::vector<std::unique_ptr<Column>> columns_;
  size_t size_ = 0;
  MemoryUse memory_;
};

/// Compares kept rows by sort keys.
class RowOrder {
 public:
  RowOrder(const std::vector<SortKey>& keys, std::span<const ColumnId> layout);
  /// Negative when row `a` of `left` comes before row `b` of `right`, whose columns are in the same layout.
  int Compare(std::span<const Column* const> left, size_t a, std::span<const Column* const> right, size_t b) const;

 private:
  struct Key {
    size_t column;
    bool descending;
    bool nulls_first;
  };
  std::vector<Key> keys_;
};

}  // namespace rem::sql

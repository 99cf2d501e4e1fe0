#pragma once

#include "sql/executor/row_store.h"

namespace rem::sql {

/// The first rows of an order that it has seen; of equal ones, those that came first.
class TopRows {
 public:
  TopRows(const ExecContext& context, std::span<const ColumnId> layout, const std::vector<SortKey>& keys,
          size_t wanted);

  /// Takes rows that come at `order` and on in the order of all rows. Orders grow.
  void Add(const ColumnBatch& batch, uint64_t order);
  /// Takes the rows of another one of the same kind.
  void Merge(TopRows& other);
  /// After the last row: the rows in order.
  void Finish() { Shrink(); }
  const RowStore& rows() const { return store_; }

 private:
  std::span<const Column* const> Columns();
  void Append(const ColumnBatch& batch, size_t row, uint64_t order);
  void Shrink();

  const size_t wanted_;
  RowStore store_;
  RowOrder order_;
  std::vector<uint64_t> seen_;  // When each row came.
  bool full_ = false;           // Then the last of the first `wanted` rows is the worst that may stay.
  ColumnBatch all_;
};

}  // namespace rem::sql

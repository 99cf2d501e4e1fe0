#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "catalog/table.h"
#include "index/vector/hnsw_index.h"

namespace rem {

/// The graph over one vector column, and how far in the change log it has come. It may be behind or ahead of what a
/// reader sees: the reader looks at the rows that changed in between itself.
class TableVectorIndex {
 public:
  TableVectorIndex(TableId table, const VectorColumn& column, const HnswOptions& options, Sequence applied)
      : TableVectorIndex(table, column, std::make_unique<HnswIndex>(options), applied) {}
  TableVectorIndex(TableId table, const VectorColumn& column, std::unique_ptr<HnswIndex> graph, Sequence applied)
      : table_(table), column_(column.number), graph_(std::move(graph)), applied_(applied) {}

  TableId table() const { return table_; }
  ColumnNumber column() const { return column_; }
  const HnswIndex& graph() const { return *graph_; }
  HnswIndex& graph() { return *graph_; }

  /// Every change up to this sequence is in the graph; some after it may be.
  Sequence applied() const { return applied_.load(std::memory_order_acquire); }
  void set_applied(Sequence sequence) { applied_.store(sequence, std::memory_order_release); }

  /// Takes the row's vector as it is now. False when the index can hold no more.
  bool Put(RowId row, std::span<const float> vector);
  void Remove(RowId row);
  /// What a file said beside the graph.
  void Restore(bool unit_lengths, const std::vector<RowId>& uncoded);

  /// Rows with vectors that have no code, ascending: a search looks at them itself.
  std::vector<RowId> uncoded() const;
  /// Whether all vectors have length 1, so that the inner product orders them as the cosine does.
  bool unit_lengths() const { return unit_lengths_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kMaxUncoded = 10000;

  const TableId table_;
  const ColumnNumber column_;
  const std::unique_ptr<HnswIndex> graph_;
  std::atomic<Sequence> applied_;
  std::atomic<bool> unit_lengths_{true};
  std::atomic<size_t> uncoded_count_{0};
  mutable std::mutex mutex_;
  std::set<RowId> uncoded_;
};

}  // namespace rem

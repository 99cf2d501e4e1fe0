#pragma once

#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "catalog/table.h"
#include "index/vector/hnsw_index.h"
#include "store/recall_sampler.h"
#include "store/vector_cache.h"

namespace rem {

/// Whether this square of a vector's length is that of a vector normalised by whoever made it.
inline bool IsUnitLength(float squared) { return std::abs(squared - 1) <= 1e-3f; }

/// The graph over one vector column, and how far in the change log it has come. It may be behind or ahead of what a
/// reader sees: the reader looks at the rows that changed in between itself.
class TableVectorIndex {
 public:
  /// Searches keep up to `cache_bytes` of the vectors that they read.
  TableVectorIndex(TableId table, const VectorColumn& column, std::unique_ptr<HnswIndex> graph, Sequence applied,
                   size_t cache_bytes)
      : table_(table),
        column_(column.number),
        graph_(std::move(graph)),
        cache_(graph_->options().dimension, cache_bytes),
        applied_(applied) {}

  TableId table() const { return table_; }
  ColumnNumber column() const { return column_; }
  VectorMetric metric() const { return graph_->options().metric; }
  const HnswIndex& graph() const { return *graph_; }
  HnswIndex& graph() { return *graph_; }

  VectorCache& cache() const { return cache_; }
  RecallSampler& sampler() const { return sampler_; }
  size_t memory_bytes() const { return graph_->memory_bytes() + cache_.memory_bytes(); }

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
  mutable VectorCache cache_;
  mutable RecallSampler sampler_;
  std::atomic<Sequence> applied_;
  std::atomic<bool> unit_lengths_{true};
  std::atomic<size_t> uncoded_count_{0};
  mutable std::mutex mutex_;
  std::set<RowId> uncoded_;
};

}  // namespace rem

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "sql/executor/frame_tree.h"
#include "sql/executor/window_frame.h"
#include "sql/plan/aggregate_function.h"

namespace rem::sql {

/// One call with OVER, over all partitions.
class RunningWindowCall {
 public:
  RunningWindowCall(const ExecContext& context, const WindowCall& call, const LogicalWindow& window,
                    std::span<const ColumnId> layout);

  /// Room for `rows` results.
  void Start(size_t rows) { results_.Grow(rows); }
  /// Writes the wanted results of a partition. `columns` are those of all rows.
  void Run(const WindowPartition& partition, std::span<const Column* const> columns);
  const Column& results() const { return results_; }
  size_t memory_bytes() const { return results_.memory_bytes() + arena_.bytes() + most_tree_bytes_; }

 private:
  void RunNumber(const WindowPartition& partition);
  void RunShare(const WindowPartition& partition);
  void RunTiles(const WindowPartition& partition);
  void RunOffset(const WindowPartition& partition);
  void RunValue(const WindowPartition& partition);
  void RunAggregate(const WindowPartition& partition);
  void ClearState();
  void AddFrame(const WindowPartition& partition, std::span<const PlaceRange> frame);
  bool AddFrameByTree(const WindowPartition& partition, std::span<const PlaceRange> frame);
  void AddToState(const WindowPartition& partition, PlaceRange range);
  void AddRows(const WindowPartition& partition, PlaceRange range, std::byte* state, Arena& arena,
               KernelFailure& failure);
  void FinishState(size_t result);
  bool Counts(uint32_t row) const;
  const Column& Argument(size_t i) const { return *columns_[arguments_[i]]; }
  /// Now and then asks whether the statement has to end.
  void CheckEnd(size_t work);

  const ExecContext& context_;
  const WindowCall& call_;
  std::vector<size_t> arguments_;
  size_t filter_ = 0;
  FrameFinder frames_;
  Column results_;
  Column result_;  // Of one row.
  std::span<const Column* const> columns_;
  std::vector<uint64_t> state_;
  Arena arena_;
  std::optional<FrameTree> tree_;
  bool tree_serves_ = false;  // Not once it failed in the partition.
  size_t recomputed_ = 0;     // Rows of the partition's frames that were computed anew.
  size_t most_tree_bytes_ = 0;
  std::vector<const Column*> in_;
  std::vector<uint32_t> rows_;
  std::vector<std::byte*> row_states_;
  size_t work_ = 0;
};

}  // namespace rem::sql

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "sql/executor/window_frame.h"
#include "sql/plan/aggregate_function.h"

namespace rem::sql {

/// One call with OVER, over all partitions.
class RunningWindowCall {
 public:
  RunningWindowCall(const ExecContext& context, const WindowCall& call, const LogicalWindow& window,
                    std::span<const ColumnId> layout);

  /// Room for the results of `rows` rows.
  void Start(size_t rows) { results_.Grow(rows); }
  /// Writes the results of a partition's rows, each at its own number. `columns` are those of all rows.
  void Run(const WindowPartition& partition, std::span<const Column* const> columns);
  const Column& results() const { return results_; }
  size_t memory_bytes() const { return results_.memory_bytes() + arena_.bytes(); }

 private:
  void RunNumber(const WindowPartition& partition);
  void RunShare(const WindowPartition& partition);
  void RunTiles(const WindowPartition& partition);
  void RunOffset(const WindowPartition& partition);
  void RunValue(const WindowPartition& partition);
  void RunAggregate(const WindowPartition& partition);
  void ClearState();
  void AddToState(const WindowPartition& partition, PlaceRange range);
  void FinishState(size_t row);
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
  std::vector<uint32_t> rows_;
  std::vector<std::byte*> row_states_;
  size_t work_ = 0;
};

}  // namespace rem::sql

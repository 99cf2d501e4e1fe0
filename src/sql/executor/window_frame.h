#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sql/executor/operator.h"

namespace rem::sql {

/// The rows of one partition, in the window's order, and those of its places whose results are wanted.
struct WindowPartition {
  std::span<const uint32_t> rows;
  size_t begin = 0;
  size_t end = 0;
  /// For each wanted place the number that its result has.
  std::span<const uint32_t> results;
  /// For each place the number of its peer group, and where each group begins, with the end behind the last one.
  std::vector<uint32_t> group;
  std::vector<uint32_t> group_begin;

  size_t size() const { return rows.size(); }
  uint32_t result(size_t place) const { return results[place - begin]; }
  size_t peers_begin(size_t place) const { return group_begin[group[place]]; }
  size_t peers_end(size_t place) const { return group_begin[group[place] + 1]; }
};

/// Places of a partition from `begin` to before `end`.
struct PlaceRange {
  size_t begin = 0;
  size_t end = 0;
  size_t size() const { return end - begin; }
};

/// The frame of each row of a partition.
class FrameFinder {
 public:
  /// Computes the offsets. Error(kInvalidArgument) for those that are NULL or negative.
  FrameFinder(const ExecContext& context, const WindowFrame& frame, const std::vector<SortKey>& order,
              std::span<const ColumnId> layout);

  void Begin(const WindowPartition& partition, std::span<const Column* const> columns);
  /// What the frame of the row at `place` has once its exclusion is taken out: up to three ranges, none of them empty.
  std::span<const PlaceRange> Find(size_t place);

 private:
  int64_t OffsetOf(const ExecContext& context, const FrameBound& bound, bool starting) const;
  size_t FindBegin(size_t place) const;
  size_t FindEnd(size_t place) const;
  size_t Reach(const FrameBound& bound, size_t reach_column, size_t place, bool starting) const;
  void Add(size_t begin, size_t end);
  void Exclude(PlaceRange frame, size_t begin, size_t end);

  const WindowFrame& frame_;
  const bool descending_;
  const bool nulls_first_;
  int64_t start_offset_ = 0, end_offset_ = 0;
  size_t value_ = 0, start_reach_ = 0, end_reach_ = 0;  // In the layout.
  const WindowPartition* partition_ = nullptr;
  std::span<const Column* const> columns_;
  PlaceRange ranges_[3];
  size_t count_ = 0;
};

}  // namespace rem::sql

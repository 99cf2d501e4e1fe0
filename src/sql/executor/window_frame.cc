#include "sql/executor/window_frame.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <rem/error.h>

#include "types/compare.h"

namespace rem::sql {

namespace {

using enum FrameBoundKind;

bool IsNegative(const Value& offset) {
  switch (offset.type()) {
    case LogicalType::kInt:
      return offset.AsInt() < 0;
    case LogicalType::kDouble:
      return std::isnan(offset.AsDouble()) || offset.AsDouble() < 0;
    case LogicalType::kNumeric:
      return offset.AsNumeric() == "NaN" || offset.AsNumeric().starts_with('-');
    default:
      return CompareValues(offset, Value(Interval{})) < 0;
  }
}

size_t PlaceOf(std::span<const ColumnId> layout, ColumnId column) {
  return static_cast<size_t>(std::ranges::find(layout, column) - layout.begin());
}

// place + offset, within the partition: from `low` to `high`.
size_t Moved(size_t place, int64_t offset, size_t high) {
  if (offset < 0) return offset < -static_cast<int64_t>(place) ? 0 : place - static_cast<size_t>(-offset);
  return static_cast<uint64_t>(offset) > high - place ? high : place + static_cast<size_t>(offset);
}

}  // namespace

FrameFinder::FrameFinder(const ExecContext& context, const WindowFrame& frame, const std::vector<SortKey>& order,
                         std::span<const ColumnId> layout)
    : frame_(frame),
      descending_(!order.empty() && order[0].descending),
      nulls_first_(!order.empty() && order[0].nulls_first) {
  start_offset_ = OffsetOf(context, frame.start, true);
  end_offset_ = OffsetOf(context, frame.end, false);
  if (!frame.has_reach()) return;
  value_ = PlaceOf(layout, frame.value);
  if (frame.start.offset != nullptr) start_reach_ = PlaceOf(layout, frame.start.reach);
  if (frame.end.offset != nullptr) end_reach_ = PlaceOf(layout, frame.end.reach);
}

// How far ROWS and GROUPS go: forward, or back where it is negative.
int64_t FrameFinder::OffsetOf(const ExecContext& context, const FrameBound& bound, bool starting) const {
  if (bound.offset == nullptr) return 0;
  const Value offset = context.Evaluate(*bound.offset);
  const std::string what = starting ? "frame starting offset" : "frame ending offset";
  if (offset.IsNull())
    throw Error(ErrorCode::kInvalidArgument, what + " must not be null", "write a number").WithSqlState("22004");
  if (IsNegative(offset)) {
    const bool range = frame_.mode == FrameMode::kRange;
    throw Error(ErrorCode::kInvalidArgument,
                range ? "invalid preceding or following size in window function" : what + " must not be negative",
                "write a number from 0 up")
        .WithSqlState("22013");
  }
  if (frame_.mode == FrameMode::kRange) return 0;
  return bound.kind == kPreceding ? -offset.AsInt() : offset.AsInt();
}

void FrameFinder::Begin(const WindowPartition& partition, std::span<const Column* const> columns) {
  partition_ = &partition;
  columns_ = columns;
}

// The first place whose value the frame reaches to, or the first one behind those.
size_t FrameFinder::Reach(const FrameBound& bound, size_t reach_column, size_t place, bool starting) const {
  const WindowPartition& partition = *partition_;
  const Column& values = *columns_[value_];
  const Column& reaches = *columns_[reach_column];
  const uint32_t current = partition.rows[place];
  // NULLs are peers, and nothing lies at a distance from them.
  if (values.IsNull(current)) return starting ? partition.peers_begin(place) : partition.peers_end(place);
  const auto outside = [&](uint32_t row) {
    if (values.IsNull(row)) return nulls_first_;
    const int order = CompareCells(values, row, reaches, current);
    const int directed = descending_ ? -order : order;
    return starting ? directed < 0 : directed <= 0;
  };
  return static_cast<size_t>(std::partition_point(partition.rows.begin(), partition.rows.end(), outside) -
                             partition.rows.begin());
}

size_t FrameFinder::FindBegin(size_t place) const {
  const WindowPartition& partition = *partition_;
  const FrameBound& start = frame_.start;
  if (start.kind == kUnboundedPreceding) return 0;
  if (start.kind == kCurrentRow) return frame_.mode == FrameMode::kRows ? place : partition.peers_begin(place);
  if (frame_.mode == FrameMode::kRows) return Moved(place, start_offset_, partition.size());
  if (frame_.mode == FrameMode::kRange) return Reach(start, start_reach_, place, true);
  return partition.group_begin[Moved(partition.group[place], start_offset_, partition.group_begin.size() - 1)];
}

size_t FrameFinder::FindEnd(size_t place) const {
  const WindowPartition& partition = *partition_;
  const FrameBound& end = frame_.end;
  if (end.kind == kUnboundedFollowing) return partition.size();
  if (end.kind == kCurrentRow) return frame_.mode == FrameMode::kRows ? place + 1 : partition.peers_end(place);
  // The end lies behind the last row of the frame: one further than that, and nowhere for one before the first row.
  if (frame_.mode == FrameMode::kRows) {
    if (end_offset_ < -static_cast<int64_t>(place)) return 0;
    return std::min(Moved(place, end_offset_, partition.size()) + 1, partition.size());
  }
  if (frame_.mode == FrameMode::kRange) return Reach(end, end_reach_, place, false);
  const size_t groups = partition.group_begin.size() - 1;
  const size_t group = partition.group[place];
  if (end_offset_ < -static_cast<int64_t>(group)) return 0;
  return partition.group_begin[std::min(Moved(group, end_offset_, groups) + 1, groups)];
}

void FrameFinder::Add(size_t begin, size_t end) {
  if (begin < end) ranges_[count_++] = {begin, end};
}

// What is left of the frame without the places from `begin` to before `end`.
void FrameFinder::Exclude(PlaceRange frame, size_t begin, size_t end) {
  Add(frame.begin, std::min(frame.end, begin));
  Add(std::max(frame.begin, end), frame.end);
}

std::span<const PlaceRange> FrameFinder::Find(size_t place) {
  count_ = 0;
  const PlaceRange frame{FindBegin(place), FindEnd(place)};
  const size_t peers = partition_->peers_begin(place), peers_end = partition_->peers_end(place);
  switch (frame_.exclusion) {
    case FrameExclusion::kNone:
      Add(frame.begin, frame.end);
      break;
    case FrameExclusion::kCurrentRow:
      Exclude(frame, place, place + 1);
      break;
    case FrameExclusion::kGroup:
      Exclude(frame, peers, peers_end);
      break;
    case FrameExclusion::kTies:
      Add(frame.begin, std::min(frame.end, peers));
      Add(std::max(frame.begin, place), std::min(frame.end, place + 1));
      Add(std::max(frame.begin, peers_end), frame.end);
      break;
  }
  return {ranges_, count_};
}

}  // namespace rem::sql

#include "sql/executor/window_call.h"

#include <algorithm>

#include <rem/error.h>

namespace rem::sql {

namespace {

constexpr size_t kWorkBetweenChecks = 1 << 16;
/// Frames are computed anew, row by row, until that came to this many rows for each row of the partition.
constexpr size_t kRecomputedPerRow = 64;

size_t PlaceOf(std::span<const ColumnId> layout, ColumnId column) {
  return static_cast<size_t>(std::ranges::find(layout, column) - layout.begin());
}

}  // namespace

RunningWindowCall::RunningWindowCall(const ExecContext& context, const WindowCall& call, const LogicalWindow& window,
                                     std::span<const ColumnId> layout)
    : context_(context),
      call_(call),
      frames_(context, call.frame, window.order, layout),
      results_(context.column(call.output).type),
      result_(results_.type()) {
  for (const ColumnId argument : call.arguments) arguments_.push_back(PlaceOf(layout, argument));
  if (call.filter) filter_ = PlaceOf(layout, *call.filter);
  if (call.aggregate == nullptr) return;
  state_.resize(call.aggregate->state_bytes / sizeof(uint64_t) + 1);
  if (call.aggregate->merge != nullptr && !call.aggregate->ordered) tree_.emplace(*call.aggregate);
}

void RunningWindowCall::CheckEnd(size_t work) {
  work_ += work;
  if (work_ < kWorkBetweenChecks) return;
  work_ = 0;
  context_.CheckEnd();
}

void RunningWindowCall::Run(const WindowPartition& partition, std::span<const Column* const> columns) {
  columns_ = columns;
  frames_.Begin(partition, columns);
  switch (call_.function) {
    case WindowFunction::kAggregate:
      return RunAggregate(partition);
    case WindowFunction::kRowNumber:
    case WindowFunction::kRank:
    case WindowFunction::kDenseRank:
      return RunNumber(partition);
    case WindowFunction::kPercentRank:
    case WindowFunction::kCumeDist:
      return RunShare(partition);
    case WindowFunction::kNtile:
      return RunTiles(partition);
    case WindowFunction::kLag:
    case WindowFunction::kLead:
      return RunOffset(partition);
    case WindowFunction::kFirstValue:
    case WindowFunction::kLastValue:
    case WindowFunction::kNthValue:
      return RunValue(partition);
  }
}

void RunningWindowCall::RunNumber(const WindowPartition& partition) {
  auto* out = results_.data<int64_t>();
  for (size_t place = partition.begin; place < partition.end; ++place) {
    const size_t number = call_.function == WindowFunction::kRowNumber ? place
                          : call_.function == WindowFunction::kRank    ? partition.peers_begin(place)
                                                                       : partition.group[place];
    out[partition.result(place)] = static_cast<int64_t>(number) + 1;
  }
}

void RunningWindowCall::RunShare(const WindowPartition& partition) {
  auto* out = results_.data<double>();
  const auto rows = static_cast<double>(partition.size());
  for (size_t place = partition.begin; place < partition.end; ++place) {
    double share = 0;
    if (call_.function == WindowFunction::kCumeDist) {
      share = static_cast<double>(partition.peers_end(place)) / rows;
    } else if (partition.size() > 1) {
      share = static_cast<double>(partition.peers_begin(place)) / (rows - 1);
    }
    out[partition.result(place)] = share;
  }
}

// The first tiles have one row more where the rows do not divide. The number of tiles is that of the first row.
void RunningWindowCall::RunTiles(const WindowPartition& partition) {
  auto* out = results_.data<int64_t>();
  const Column& tiles = Argument(0);
  if (tiles.IsNull(partition.rows[0])) {
    for (const uint32_t result : partition.results) results_.SetNull(result);
    return;
  }
  const int64_t count = tiles.data<int64_t>()[partition.rows[0]];
  if (count <= 0) {
    throw Error(ErrorCode::kInvalidArgument, "argument of ntile must be greater than zero", "write a number from 1 up")
        .WithSqlState("22014")
        .WithPosition(call_.position);
  }
  const auto rows = static_cast<int64_t>(partition.size());
  const int64_t small = rows / count, larger = rows % count;
  for (auto place = static_cast<int64_t>(partition.begin); place < static_cast<int64_t>(partition.end); ++place) {
    const int64_t in_larger = larger * (small + 1);
    const int64_t tile = place < in_larger ? place / (small + 1) : larger + (place - in_larger) / small;
    out[partition.result(static_cast<size_t>(place))] = tile + 1;
  }
}

void RunningWindowCall::RunOffset(const WindowPartition& partition) {
  const bool back = call_.function == WindowFunction::kLag;
  for (size_t place = partition.begin; place < partition.end; ++place) {
    const uint32_t row = partition.rows[place], result = partition.result(place);
    int64_t offset = 1;
    if (arguments_.size() > 1) {
      if (Argument(1).IsNull(row)) {
        results_.SetNull(result);
        continue;
      }
      offset = Argument(1).data<int64_t>()[row];
    }
    const int64_t wanted = static_cast<int64_t>(place) + (back ? -offset : offset);
    if (wanted >= 0 && wanted < static_cast<int64_t>(partition.size())) {
      results_.CopyCell(result, Argument(0), partition.rows[static_cast<size_t>(wanted)]);
    } else if (arguments_.size() > 2) {
      results_.CopyCell(result, Argument(2), row);
    } else {
      results_.SetNull(result);
    }
  }
}

void RunningWindowCall::RunValue(const WindowPartition& partition) {
  for (size_t place = partition.begin; place < partition.end; ++place) {
    const uint32_t row = partition.rows[place], result = partition.result(place);
    const std::span<const PlaceRange> frame = frames_.Find(place);
    CheckEnd(1);
    size_t skip = 0;
    bool found = !frame.empty();
    if (call_.function == WindowFunction::kNthValue) {
      const Column& number = Argument(1);
      found = found && !number.IsNull(row);
      if (!number.IsNull(row) && number.data<int64_t>()[row] <= 0) {
        throw Error(ErrorCode::kInvalidArgument, "argument of nth_value must be greater than zero",
                    "write a number from 1 up")
            .WithSqlState("22016")
            .WithPosition(call_.position);
      }
      if (found) skip = static_cast<size_t>(number.data<int64_t>()[row]) - 1;
    }
    if (found && call_.function == WindowFunction::kLastValue) {
      results_.CopyCell(result, Argument(0), partition.rows[frame.back().end - 1]);
      continue;
    }
    size_t range = 0;
    for (; found && range < frame.size() && skip >= frame[range].size(); ++range) skip -= frame[range].size();
    if (found && range < frame.size()) {
      results_.CopyCell(result, Argument(0), partition.rows[frame[range].begin + skip]);
    } else {
      results_.SetNull(result);
    }
  }
}

// A frame that begins where the one before it began, and ends later, adds to its state. Any other is computed anew,
// from its rows while that is little work, else from a tree.
void RunningWindowCall::RunAggregate(const WindowPartition& partition) {
  PlaceRange done;
  bool grows = false;
  recomputed_ = 0;
  tree_serves_ = tree_.has_value();
  if (tree_) tree_->Clear();
  in_.clear();
  for (const size_t argument : arguments_) in_.push_back(columns_[argument]);
  for (size_t place = partition.begin; place < partition.end; ++place) {
    const uint32_t result = partition.result(place);
    const std::span<const PlaceRange> frame = frames_.Find(place);
    CheckEnd(1);
    if (grows && frame.size() == 1 && frame[0].begin == done.begin && frame[0].end >= done.end) {
      if (frame[0].end == done.end) {
        results_.CopyCell(result, results_, partition.result(place - 1));
        continue;
      }
      AddToState(partition, {done.end, frame[0].end});
    } else {
      AddFrame(partition, frame);
    }
    FinishState(result);
    grows = frame.size() == 1;
    if (grows) done = frame[0];
  }
}

void RunningWindowCall::AddFrame(const WindowPartition& partition, std::span<const PlaceRange> frame) {
  ClearState();
  if (tree_serves_ && recomputed_ > kRecomputedPerRow * partition.size()) {
    tree_serves_ = AddFrameByTree(partition, frame);
    if (tree_serves_) return;
    ClearState();
  }
  for (const PlaceRange& range : frame) {
    recomputed_ += range.size();
    AddToState(partition, range);
  }
}

// Errors are left to the way without a tree: they may come from rows that no frame has together.
bool RunningWindowCall::AddFrameByTree(const WindowPartition& partition, std::span<const PlaceRange> frame) {
  const auto add = [&](PlaceRange range, std::byte* state, Arena& arena) {
    KernelFailure failure;
    AddRows(partition, range, state, arena, failure);
    return !failure.failed;
  };
  if (!tree_->built()) {
    if (!tree_->Build(partition.size(), add)) return false;
    most_tree_bytes_ = std::max(most_tree_bytes_, tree_->memory_bytes());
  }
  return std::ranges::all_of(frame, [&](const PlaceRange& range) {
    return tree_->Add(range, reinterpret_cast<std::byte*>(state_.data()), arena_, add);
  });
}

void RunningWindowCall::ClearState() {
  std::ranges::fill(state_, 0);
  arena_.Reset();
}

bool RunningWindowCall::Counts(uint32_t row) const {
  if (call_.filter) {
    const Column& filter = *columns_[filter_];
    if (filter.IsNull(row) || filter.data<uint8_t>()[row] == 0) return false;
  }
  return !call_.aggregate->strict ||
         std::ranges::none_of(arguments_, [&](size_t argument) { return columns_[argument]->IsNull(row); });
}

void RunningWindowCall::AddToState(const WindowPartition& partition, PlaceRange range) {
  KernelFailure failure;
  AddRows(partition, range, reinterpret_cast<std::byte*>(state_.data()), arena_, failure);
  if (failure.failed) throw failure.ToError().WithPosition(call_.position);
}

void RunningWindowCall::AddRows(const WindowPartition& partition, PlaceRange range, std::byte* state, Arena& arena,
                                KernelFailure& failure) {
  rows_.clear();
  for (size_t place = range.begin; place < range.end; ++place) {
    if (Counts(partition.rows[place])) rows_.push_back(partition.rows[place]);
  }
  CheckEnd(range.size());
  if (rows_.empty()) return;
  row_states_.assign(rows_.size(), state);
  AggregateUpdate update{in_, rows_.data(), rows_.size(), row_states_.data(), &arena, &failure};
  call_.aggregate->update(update);
}

void RunningWindowCall::FinishState(size_t result) {
  KernelFailure failure;
  result_.Reset(1);
  call_.aggregate->finish(reinterpret_cast<const std::byte*>(state_.data()), result_, 0, failure);
  if (failure.failed) throw failure.ToError().WithPosition(call_.position);
  // What the result points to may lie in the state, which goes on.
  results_.CopyCellDeep(result, result_, 0);
}

}  // namespace rem::sql

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sql/plan/expression.h"

namespace rem::sql {

struct AggregateFunction;

enum class WindowFunction : uint8_t {
  kAggregate,
  kRowNumber,
  kRank,
  kDenseRank,
  kPercentRank,
  kCumeDist,
  kNtile,
  kLag,
  kLead,
  kFirstValue,
  kLastValue,
  kNthValue,
};

enum class FrameMode : uint8_t { kRows, kRange, kGroups };
enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,  ///< `offset` before the current row.
  kCurrentRow,
  kFollowing,  ///< `offset` after it.
  kUnboundedFollowing,
};
enum class FrameExclusion : uint8_t { kNone, kCurrentRow, kGroup, kTies };

struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::kUnboundedPreceding;
  /// Of kPreceding and kFollowing: fixed, computed once a run. Bigint for ROWS and GROUPS.
  ExprPtr offset;
  /// Of RANGE with an offset: for each row the order's value that its frame reaches to.
  ColumnId reach = 0;
};

/// The rows around the current one that a call looks at.
struct WindowFrame {
  FrameMode mode = FrameMode::kRange;
  FrameBound start;
  FrameBound end{FrameBoundKind::kCurrentRow, nullptr, 0};
  FrameExclusion exclusion = FrameExclusion::kNone;
  /// Of RANGE with an offset: the order's value, of the type of FrameBound::reach.
  ColumnId value = 0;

  bool has_reach() const { return mode == FrameMode::kRange && (start.offset != nullptr || end.offset != nullptr); }
};

/// One call with OVER. All that it reads are columns of its input.
struct WindowCall {
  WindowFunction function = WindowFunction::kAggregate;
  const AggregateFunction* aggregate = nullptr;
  std::vector<ColumnId> arguments;
  std::optional<ColumnId> filter;
  WindowFrame frame;
  ColumnId output = 0;
  int position = 0;
};

}  // namespace rem::sql

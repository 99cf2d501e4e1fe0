#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/value.h>

#include "sql/plan/function.h"
#include "types/column.h"

namespace rem::sql {

/// One call of an aggregate's update: state of row r is states[i] for the i-th row that counts.
struct AggregateUpdate {
  std::span<const Column* const> in;
  /// Rows to take; nullptr means 0 to count - 1.
  const uint32_t* rows = nullptr;
  size_t count = 0;
  /// One a row (not one a group).
  std::byte* const* states = nullptr;
  /// For what states point to; lives as long as they.
  Arena* arena = nullptr;
  KernelFailure* failure = nullptr;
};

/// One overload of an aggregate. Types may be kAny, kAnyElement and ArrayOf(kAnyElement), as of a Function. Its state
/// is `state_bytes` bytes of plain memory, zeroed to begin with, freed without a destructor: what it points to lies in
/// the arena.
struct AggregateFunction {
  std::string_view name;
  std::vector<LogicalType> arguments;
  LogicalType result = LogicalType::kText;
  size_t state_bytes = 0;
  void (*update)(AggregateUpdate&) = nullptr;
  /// Adds the state `from` to `into`, for groups that several threads filled; nullptr where order matters.
  void (*merge)(std::byte* into, const std::byte* from, Arena& arena, KernelFailure& failure) = nullptr;
  /// Writes the result to a cell (or SetNull).
  void (*finish)(const std::byte* state, Column& out, size_t row, KernelFailure& failure) = nullptr;
  /// Rows with a NULL argument are not given to update.
  bool strict = true;
  /// The result depends on the order of rows (array_agg, string_agg): such calls are not split over threads.
  bool ordered = false;
  /// Called as name(fraction) WITHIN GROUP (ORDER BY value): the arguments are the value, then the ones in parentheses,
  /// and rows come in the order of the value.
  bool within_group = false;
};

/// Overloads of a name in lower case; empty for a name that is no aggregate. count(*) is "count" without arguments.
std::span<const AggregateFunction> FindAggregates(std::string_view name);
std::vector<std::string> AggregateNames();

// What each file of sql/functions adds to the registry.
void AddCountAggregates(std::vector<AggregateFunction>& out);
void AddSumAggregates(std::vector<AggregateFunction>& out);
void AddNumericAggregates(std::vector<AggregateFunction>& out);
void AddVarianceAggregates(std::vector<AggregateFunction>& out);
void AddExtremeAggregates(std::vector<AggregateFunction>& out);
void AddLogicAggregates(std::vector<AggregateFunction>& out);
void AddCollectAggregates(std::vector<AggregateFunction>& out);
void AddIntervalAggregates(std::vector<AggregateFunction>& out);
void AddRegressionAggregates(std::vector<AggregateFunction>& out);
void AddOrderedSetAggregates(std::vector<AggregateFunction>& out);

}  // namespace rem::sql

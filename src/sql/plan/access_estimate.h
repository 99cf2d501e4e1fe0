#pragma once

#include <optional>
#include <string_view>

#include "sql/plan/plan.h"

namespace rem::sql {

// What ways to read one table cost, in rows that a scan takes from the engine, as measured by bench_costs. Entries and
// rows come from the engine or from the row cache; what that holds is not known beforehand, so these lie between.

/// An entry of an index: 0.8 from the engine, 0.2 from memory.
inline constexpr double kEntryCost = 0.5;
/// A row that is read by its row id, one of many in their order: 6.5 from the engine, 0.4 from the row cache.
inline constexpr double kFetchCost = 4;
/// A row of a block of the column cache, for which a condition is asked or a group found: 0.01 to 0.02.
inline constexpr double kCachedRowCost = 0.02;

// Which part of all rows has a value, by what a sample says of a column; in [0, 1].

/// Where a number, date or time lies on a line, so that parts of a range can be told; nullopt for other values.
std::optional<double> PlaceOf(const Value& value);

/// Equal to `constant`; nullptr: to a value that nobody knows.
double EqualShare(const ColumnStatistics& statistics, const Value* constant);
/// column < constant and the like, by the sign. nullopt where the sample has values of another kind.
std::optional<double> ComparedShare(const ColumnStatistics& statistics, std::string_view sign, const Value& constant);
/// Between two bounds, whose shares by themselves are these.
double BetweenShare(const ColumnStatistics& statistics, double above_low, double below_high);

/// Which part of a table's rows an access to an index finds, with the values that `evaluate` gives its bounds. nullopt
/// where nothing is known about the field. Error where a bound cannot be computed.
std::optional<double> AccessShare(const IndexAccess& access, const Table& table, const TableStatistics& statistics,
                                  const FixedEvaluator& evaluate);

}  // namespace rem::sql

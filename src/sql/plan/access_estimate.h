#pragma once

#include <optional>
#include <string_view>

#include "sql/plan/plan.h"

namespace rem::sql {

// What ways to read one table cost, in rows that a scan takes from the engine, as measured by bench_sql.

/// An entry of an index.
inline constexpr double kEntryCost = 0.8;
/// A row that is read by its row id.
inline constexpr double kFetchCost = 12;
/// A row of a block of the column cache.
inline constexpr double kCachedRowCost = 0.04;

// Which part of all rows has a value, by what a sample says of a column; in [0, 1].

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

#pragma once

#include <span>
#include <string>

#include "sql/plan/plan.h"
#include "store/read_view.h"

namespace rem::sql {

/// Under what name the column cache keeps the cells of a column: it says all that they depend on, besides the rows.
std::string CacheName(const PlanColumn& column);

/// Which part of a table's blocks the column cache holds with all of these columns of a plan, in [0, 1].
double CachedShare(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                   std::span<const ColumnId> ids);

/// What one row of a scan costs that reads these columns of `rows` rows (access_estimate.h): as far as the column cache
/// holds them little; less than the engine's row where they fit it, since a scan leaves them there for all that follow.
double ScannedRowCost(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                      std::span<const ColumnId> ids, double rows);

/// Lookups rent what a scan would buy: a condition that finds some hundredths of a table's rows by its index costs less
/// than a scan that reads the table, and many times what a scan of cached columns costs. Once such statements have cost
/// as much more as the scan that puts the columns there, the next one scans, and keeps them; so that all of them never
/// cost more than twice what they would have, had it been known how often they come (Karlin et al., 1988, "Competitive
/// snoopy caching").
///
/// Adds a statement that read rows, with these columns, of a table of `rows` one by one at `cost`.
void AddLookups(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                std::span<const ColumnId> ids, double rows, double cost);
/// Whether the next such statement is to scan.
bool LookupsPayForScan(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                       std::span<const ColumnId> ids, double rows);
/// What a scan costs that keeps the columns of so many rows.
double KeepingScanCost(double rows);

}  // namespace rem::sql

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

}  // namespace rem::sql

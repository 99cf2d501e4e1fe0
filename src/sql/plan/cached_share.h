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

}  // namespace rem::sql

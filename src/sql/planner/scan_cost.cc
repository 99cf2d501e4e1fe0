#include "sql/planner/scan_cost.h"

#include <algorithm>
#include <cmath>

#include "types/column.h"

namespace rem::sql {

namespace {

/// About what a text takes besides its cell.
constexpr double kTextBytes = 24;
/// The part of the column cache that one table may fill before it is taken not to fit.
constexpr double kShareOfCache = 0.5;
/// For each doubling of the rows.
constexpr double kSortStep = 0.03;
constexpr double kGroupRow = 0.1;
/// Beyond so many groups each row finds its group outside the processor's caches.
constexpr double kManyGroups = 100'000;
constexpr double kFarGroupRow = 0.5;

}  // namespace

double TableScanCost(double rows, const ColumnIds& columns, const LogicalPlan& plan, const PlannerContext& context) {
  double bytes = 0;
  for (const ColumnId id : columns) {
    const PlanColumn& column = plan.columns[id];
    if (column.source == ColumnSource::kVector) return rows;
    bytes += static_cast<double>(CellBytes(column.type));
    if (CellKindOf(column.type) == CellKind::kText || CellKindOf(column.type) == CellKind::kJson) bytes += kTextBytes;
  }
  const auto& cache = context.view.moment().cache;
  const bool fits = cache != nullptr && bytes * rows < kShareOfCache * static_cast<double>(cache->capacity_bytes());
  return rows * (fits ? kCachedRowCost : 1);
}

double SortCost(double rows) { return rows * kSortStep * std::log2(std::max(rows, 2.0)); }

double HashGroupCost(double rows, double groups) { return rows * (groups > kManyGroups ? kFarGroupRow : kGroupRow); }

}  // namespace rem::sql

#pragma once

#include "sql/plan/access_estimate.h"
#include "sql/planner/column_flow.h"
#include "sql/planner/planner.h"

namespace rem::sql {

// More costs, in rows that a scan takes from the engine; those of single rows are in plan/access_estimate.h.

/// Reads these columns of all rows. Where they fit the column cache, that is where a plan that runs again and again
/// finds them.
double TableScanCost(double rows, const ColumnIds& columns, const LogicalPlan& plan, const PlannerContext& context);
/// Sorts rows, of which the input has so many.
double SortCost(double rows);
/// Puts rows into groups by hashing.
double HashGroupCost(double rows, double groups);

}  // namespace rem::sql

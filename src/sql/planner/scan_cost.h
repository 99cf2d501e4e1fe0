#pragma once

#include "sql/plan/access_estimate.h"
#include "sql/planner/cardinality.h"
#include "sql/planner/column_flow.h"
#include "sql/planner/planner.h"

namespace rem::sql {

// More costs, in rows that a scan takes from the engine; those of single rows are in plan/access_estimate.h.

/// Reads these columns of all `rows` of a table: from the column cache, as far as that holds them.
double TableScanCost(const LogicalScan& scan, double rows, const ColumnIds& columns, const LogicalPlan& plan,
                     const PlannerContext& context);
/// Reads all rows of a part of a plan, with all columns that the plan takes from them.
double ReadCost(const LogicalNode& node, const LogicalPlan& plan, const PlannerContext& context,
                const Cardinality& cardinality);
/// Sorts rows, of which the input has so many.
double SortCost(double rows);
/// Puts rows into groups by hashing.
double HashGroupCost(double rows, double groups);

}  // namespace rem::sql

#pragma once

#include "sql/planner/column_flow.h"

namespace rem::sql {

// Filter(EXISTS (SELECT ... FROM b WHERE b.x = a.x), a)  ->  SemiJoin(a, b, b.x = a.x)
// Filter(NOT EXISTS (...), a)                            ->  AntiJoin(a, b, ...)
// Filter(a.x IN (SELECT b.x FROM b), a)                  ->  SemiJoin(a, b, a.x = b.x)
// Filter(a.x NOT IN (SELECT b.x FROM b), a)              ->  AntiJoin(a, b, (a.x = b.x) IS NOT FALSE)
// The subquery is run once for all rows instead of once for each, and its conditions become those of a join, which can
// hash them. A NULL among the values of NOT IN may be anything, so a row stays only where every comparison is false.
// EXISTS of a query that does not refer to the one around it is run once anyway, and stays.
void FilterToSemiJoin(LogicalPtr& node, LogicalPlan& plan, const ColumnFlow& flow);

}  // namespace rem::sql

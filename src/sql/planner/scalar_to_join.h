#pragma once

#include "sql/planner/cardinality.h"
#include "sql/planner/planner.h"

namespace rem::sql {

// Project(a.k, (SELECT sum(b.x) FROM b WHERE b.k = a.k), a)
//   ->  Project(a.k, s, LeftJoin(a, Aggregate(b.k, s := sum(b.x), b), b.k = a.k))
// Project(a.k, (SELECT b.x FROM b WHERE b.k = a.k), a)
//   ->  Project(a.k, b.x, SingleJoin(a, b, b.k = a.k)), which is an error for a second partner
// Project(a.k, EXISTS (SELECT ... FROM b WHERE b.k = a.k), a)
//   ->  Project(a.k, m IS NOT NULL, LeftJoin(a, Project(m := true, Aggregate(b.k, b)), b.k = a.k))
// A subquery runs once for all rows instead of once for each. What an aggregate says of no rows (count: 0) takes
// the place of the NULL of a row without a partner. A scalar one only where it is computed for every row, not behind
// CASE, COALESCE, AND and OR, for it may fail; and groups not where an index finds the rows of a few outer ones faster.
void ScalarToJoin(LogicalPtr& node, LogicalPlan& plan, const PlannerContext& context, const ColumnFlow& flow,
                  const Cardinality& cardinality);

}  // namespace rem::sql

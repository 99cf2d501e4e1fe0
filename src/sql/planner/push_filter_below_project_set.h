#pragma once

#include "sql/planner/column_flow.h"

namespace rem::sql {

// Filter(t.k = 1 AND u > 2, ProjectSet(unnest(t.a) AS u, t))
//   ->  Filter(u > 2, ProjectSet(unnest(t.a) AS u, Filter(t.k = 1, t)))
// FROM t, unnest(t.a) AS u WHERE t.k = 1 would call the function for every row of t; below it the condition can use an
// index. Conditions over what the functions give stay above, and so do those with subqueries and volatile ones. For a
// node before its inputs, so that a condition sinks all the way.
void PushFilterBelowProjectSet(LogicalPtr& node);

}  // namespace rem::sql

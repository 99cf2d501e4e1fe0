#pragma once

#include "sql/planner/column_flow.h"

namespace rem::sql {

// Filter(x + 1 = 2, Project(x := a + b))     ->  Project(x := a + b, Filter(a + b + 1 = 2))
// Filter(g = 1 AND n > 2, Aggregate(g, n))   ->  Filter(n > 2, Aggregate(g, n, Filter(g = 1)))
// Filter(x = 1, Union(a.x, b.x))             ->  Union(Filter(a.x = 1), Filter(b.x = 1))
// Filter(x = 1, Sort), Filter(x = 1, Distinct on x)  ->  the filter below
// A condition on a subquery in FROM, a CTE or a group reaches the tables, where it may find an index. It stays above
// limits, ranks and rows that are not alike in what it reads. Conditions with subqueries stay. For a node before its
// inputs.
void SinkFilter(LogicalPtr& node, const ColumnFlow& flow);

}  // namespace rem::sql

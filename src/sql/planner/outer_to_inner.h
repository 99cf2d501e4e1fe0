#pragma once

#include "sql/planner/column_flow.h"

namespace rem::sql {

// Filter(b.y = 1, LeftJoin(a, b))  ->  Filter(b.y = 1, InnerJoin(a, b))
// A condition that is not true when all columns of b are NULL drops the rows that the outer join fills up, so that they
// need not be made. Conditions then sink to both sides, and the join can change places with others. A full join becomes
// a left or right one likewise.
void OuterToInner(LogicalNode& node, const ColumnFlow& flow);

/// Whether the expression is false or NULL for every row in which all columns that `side` makes are NULL.
bool RejectsNulls(const Expr& condition, const LogicalNode& side, const ColumnFlow& flow);

}  // namespace rem::sql

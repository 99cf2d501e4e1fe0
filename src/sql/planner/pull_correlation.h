#pragma once

#include "sql/planner/column_flow.h"

namespace rem::sql {

/// Whether some column that the expression reads is made by `outside`.
bool RefersTo(const Expr& expr, const LogicalNode& outside, const ColumnFlow& flow);
bool RefersTo(const LogicalNode& tree, const LogicalNode& outside, const ColumnFlow& flow);

// What a subquery's tree says about columns of the query around it, where it says so in conditions of filters and inner
// joins only. Taken out, they are conditions of a join between the two:
//   for a row of a: SELECT ... FROM b WHERE b.x = a.x AND b.y > 1  ->  SELECT ... FROM b WHERE b.y > 1, and b.x = a.x
// Not below groups, limits, the filled side of an outer join and the like, whose rows depend on the condition.

/// Whether `tree` is free of `outside` once PullCorrelation took the conditions out.
bool CanPullCorrelation(const LogicalNode& tree, const LogicalNode& outside, const ColumnFlow& flow);
/// Takes the conditions that refer to `outside` out of the tree and appends them to `conditions`.
void PullCorrelation(LogicalPtr& tree, const LogicalNode& outside, const ColumnFlow& flow,
                     std::vector<ExprPtr>& conditions);

}  // namespace rem::sql

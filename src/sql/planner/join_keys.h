#pragma once

#include "sql/planner/column_flow.h"

namespace rem::sql {

// Conditions of a join that compare an expression over the left side with one over the right become keys to hash:
//   a.x = b.x AND a.y < b.y                 ->  keys a.x = b.x, condition a.y < b.y
//   anti join on (a.x = b.x) IS NOT FALSE   ->  the same keys, and NULLs match
// Both sides of a key have one type. Without keys the conditions stay as they are.
HashJoinPlan SplitJoinKeys(const LogicalJoin& join, const LogicalNode& left, const LogicalNode& right,
                           const ColumnFlow& flow);

}  // namespace rem::sql

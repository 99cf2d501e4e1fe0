#pragma once

#include "sql/planner/column_flow.h"

namespace rem::sql {

// Filter(a.x = b.x AND a.y = 1, Join(a, b))  ->  Join(Filter(a.y = 1, a), b, a.x = b.x)
// FROM a, b WHERE ... is a cross product until its conditions say how the two belong together. An inner join takes all
// conditions and passes on those of one side; joins that keep rows without a partner let conditions through to the side
// that is kept, and their own conditions to the other one:
//   LeftJoin(a, b, a.x = b.x AND b.y = 1)  ->  LeftJoin(a, Filter(b.y = 1, b), a.x = b.x)
// Conditions with subqueries stay above. For a node before its inputs, so that a condition sinks all the way.
void PushFilterIntoJoin(LogicalPtr& node, const ColumnFlow& flow);

}  // namespace rem::sql

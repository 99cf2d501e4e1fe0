#pragma once

#include "sql/plan/plan.h"

namespace rem::sql {

// Limit(n, Sort(keys, x))  ->  TopN(n, keys, x)
// Keeps n rows instead of all of them.
void MergeSortAndLimit(LogicalPtr& node);

}  // namespace rem::sql

#pragma once

#include "sql/plan/plan.h"

namespace rem::sql {

// Filter(a, Scan(t))  ->  Scan(t, a)
// A scan that knows its conditions reads the other columns of the rows that pass only, and can go through an index.
// Conditions with subqueries stay above it.
void PushFilterIntoScan(LogicalPtr& node);

}  // namespace rem::sql

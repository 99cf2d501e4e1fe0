#pragma once

#include "sql/plan/plan.h"

namespace rem::sql {

// WITH a AS (SELECT ... FROM t) SELECT ... FROM a WHERE a.x = 1  ->  SELECT ... FROM (SELECT ... FROM t) a WHERE a.x =
// 1 A CTE that is read once need not be kept, and conditions reach its tables. Not where it says MATERIALIZED, where it
// computes something volatile, and where it would run again for each row of the query around it.
void InlineCtes(LogicalPlan& plan);

}  // namespace rem::sql

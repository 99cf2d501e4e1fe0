#pragma once

#include "sql/plan/plan.h"

namespace rem::sql {

/// Computes subqueries of the select list for the rows that LIMIT leaves, where nothing below it reads them:
/// LIMIT over (a, subquery)  ->  subquery over LIMIT over (a)
///
///   SELECT a, (SELECT count(*) FROM u WHERE u.x < t.a) FROM t ORDER BY a LIMIT 10      runs the subquery ten times;
///   SELECT a, (SELECT ...) AS n FROM t ORDER BY n LIMIT 10                             runs it for every row.
void PostponeSubqueries(LogicalPtr& node);

}  // namespace rem::sql

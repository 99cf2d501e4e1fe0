#pragma once

#include "sql/plan/plan.h"

namespace rem::sql {

// Conditions are split at their ANDs, and made simpler where only TRUE counts:
//   WHERE a AND (b AND c)     ->  WHERE a, b, c
//   WHERE (a = 1) IS TRUE     ->  WHERE a = 1
//   WHERE NOT (a < 1)         ->  WHERE a >= 1
//   WHERE a = 1 AND 2 > 1     ->  WHERE a = 1
//   WHERE a = 1 AND 1 > 2     ->  WHERE false
// Every later rule looks at single conjuncts, and an index can serve the ones that this uncovers.
void SimplifyConditions(std::vector<ExprPtr>& conjuncts);

}  // namespace rem::sql

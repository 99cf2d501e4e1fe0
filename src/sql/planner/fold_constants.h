#pragma once

#include "sql/plan/plan.h"

namespace rem::sql {

// What does not depend on rows or parameters is computed once:
//   WHERE views > 10 * 100  ->  WHERE views > 1000
// A part that fails (1/0) stays as it is: it fails only if a row comes to it.
ExprPtr FoldConstants(const ExprPtr& expr, const FixedEvaluator& evaluate);

}  // namespace rem::sql

#pragma once

#include <vector>

#include "sql/plan/plan.h"
#include "store/read_view.h"

namespace rem::sql {

/// The ranges of the index that an access walks, from the values that its bounds have now. May be wider than the
/// predicates it came from, never narrower: rows are checked again.
std::vector<IndexRange> RangesOf(const IndexAccess& access, const Table& table, const FixedEvaluator& evaluate);

/// Public ids named by fixed expressions, without duplicates, in the order given; NULLs left out.
std::vector<Uuid> IdsOf(const std::vector<ExprPtr>& ids, const FixedEvaluator& evaluate);

}  // namespace rem::sql

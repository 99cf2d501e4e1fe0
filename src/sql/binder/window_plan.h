#pragma once

#include <functional>
#include <vector>

#include "sql/binder/expression_binder.h"

namespace rem::sql {

/// Puts calls over the same window together, and the windows into the order in which they run, PostgreSQL's: the rows
/// come out in the order of the last one. `column_of` gives the column that an expression becomes.
std::vector<LogicalWindow> PlanWindows(std::vector<BoundWindow> windows,
                                       const std::function<ColumnId(const ExprPtr&)>& column_of);

}  // namespace rem::sql

#pragma once

#include "sql/parser/ast.h"

namespace rem::sql {

/// rank, dense_rank, percent_rank and cume_dist WITHIN GROUP (ORDER BY ...).
bool IsHypotheticalSet(const ast::Expr& call);

/// The call said with count, which the rest of the binder knows: rank(3) WITHIN GROUP (ORDER BY x) is
/// 1 + count(*) FILTER (WHERE x < 3), the number of rows that would stand before the hypothetical one. Error where the
/// values do not fit the order, or are not fixed.
ast::ExprPtr HypotheticalSetByCount(const ast::Expr& call);

}  // namespace rem::sql

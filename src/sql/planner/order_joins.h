#pragma once

#include <functional>

#include "sql/planner/cardinality.h"

namespace rem::sql {

// InnerJoin(InnerJoin(a, b), c), with conditions on a, b and c  ->  the cheapest order, each condition as deep as it
// goes
//   FROM a, b, c WHERE a.x = c.x AND b.y = c.y  ->  Join(Join(c, a, a.x = c.x), b, b.y = c.y), no a with every b
// Equalities are transitive:
//   a.x = b.x AND b.x = c.x  ->  a and c can be joined first
//   a.x = b.x AND a.x = 5    ->  b.x = 5 filters b
// Up to ten relations are ordered by dynamic programming over their sets, more of them by joining the two
// with the fewest rows again and again. The larger side of a join is its left one: the right one is hashed.
//
// `node` is the topmost of a group of inner joins, below which no filter is left that could sink; `apply` is called
// once for each relation, with its filters on top, and runs the other rules over it.
void OrderJoins(LogicalPtr& node, const LogicalPlan& plan, const PlannerContext& context, const ColumnFlow& flow,
                const Cardinality& cardinality, const std::function<void(LogicalPtr&)>& apply);

/// An inner join whose sides may change places.
bool IsPlainJoin(const LogicalNode& node);

}  // namespace rem::sql

#pragma once

#include <functional>

#include "sql/planner/column_flow.h"

namespace rem::sql {

template <typename Body>
LogicalPtr MakeLogical(Body body, LogicalPtr input, LogicalPtr right = nullptr) {
  auto node = std::make_unique<LogicalNode>();
  node->body = std::move(body);
  node->input = std::move(input);
  node->right = std::move(right);
  return node;
}

/// Takes the place of `node` by its input.
inline void DropNode(LogicalPtr& node) {
  LogicalPtr input = std::move(node->input);
  node = std::move(input);
}

/// The expression with each part for which `replace` gives another one replaced, outermost first. nullptr keeps a part.
/// Queries of subqueries stay as they are.
ExprPtr Rewrite(const ExprPtr& expr, const std::function<ExprPtr(const Expr&)>& replace);

/// The expression with columns replaced by what computes them.
ExprPtr Inline(const ExprPtr& expr, const std::vector<ComputedColumn>& computed);

/// Parts of ANDs, one by one.
void SplitAnd(const ExprPtr& expr, std::vector<ExprPtr>& out);

/// a and b of a condition a = b; nullptr for anything else.
struct Equality {
  ExprPtr left, right;
};
Equality EqualityOf(const Expr& expr);

/// Whether an expression gives another value each time.
bool IsVolatile(const Expr& expr);

}  // namespace rem::sql

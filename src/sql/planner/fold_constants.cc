#include "sql/planner/fold_constants.h"

#include <rem/error.h>

namespace rem::sql {

ExprPtr FoldConstants(const ExprPtr& expr, const FixedEvaluator& evaluate) {
  if (expr->kind == ExprKind::kConstant || expr->kind == ExprKind::kColumn || expr->kind == ExprKind::kParameter)
    return expr;
  if (IsFoldable(*expr)) {
    try {
      return MakeConstant(evaluate(*expr), expr->type, expr->position);
    } catch (const Error&) {
      return expr;
    }
  }
  // The items of an IN list are constants already, and there may be many.
  const size_t parts = expr->kind == ExprKind::kIn ? 1 : expr->arguments.size();
  std::shared_ptr<Expr> changed;
  for (size_t i = 0; i < parts; ++i) {
    ExprPtr folded = FoldConstants(expr->arguments[i], evaluate);
    if (folded == expr->arguments[i]) continue;
    if (changed == nullptr) changed = std::make_shared<Expr>(*expr);
    changed->arguments[i] = std::move(folded);
  }
  return changed == nullptr ? expr : changed;
}

}  // namespace rem::sql

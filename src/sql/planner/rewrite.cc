#include "sql/planner/rewrite.h"

#include <algorithm>

#include "sql/plan/function.h"

namespace rem::sql {

ExprPtr Rewrite(const ExprPtr& expr, const std::function<ExprPtr(const Expr&)>& replace) {
  if (ExprPtr other = replace(*expr)) return other;
  // The items of an IN list are constants, and there may be many.
  const size_t parts = expr->kind == ExprKind::kIn ? 1 : expr->arguments.size();
  std::shared_ptr<Expr> changed;
  for (size_t i = 0; i < parts; ++i) {
    ExprPtr part = Rewrite(expr->arguments[i], replace);
    if (part == expr->arguments[i]) continue;
    if (changed == nullptr) changed = std::make_shared<Expr>(*expr);
    changed->arguments[i] = std::move(part);
  }
  return changed == nullptr ? expr : changed;
}

ExprPtr Inline(const ExprPtr& expr, const std::vector<ComputedColumn>& computed) {
  return Rewrite(expr, [&](const Expr& part) -> ExprPtr {
    if (part.kind != ExprKind::kColumn) return nullptr;
    const auto found = std::ranges::find(computed, part.column, &ComputedColumn::column);
    return found == computed.end() ? nullptr : found->expr;
  });
}

void SplitAnd(const ExprPtr& expr, std::vector<ExprPtr>& out) {
  if (expr->kind != ExprKind::kAnd) {
    out.push_back(expr);
    return;
  }
  for (const ExprPtr& argument : expr->arguments) SplitAnd(argument, out);
}

Equality EqualityOf(const Expr& expr) {
  if (expr.kind != ExprKind::kCall || expr.function->name != "=" || expr.arguments.size() != 2) return {};
  return {expr.arguments[0], expr.arguments[1]};
}

bool IsVolatile(const Expr& expr) {
  return (expr.kind == ExprKind::kCall && expr.function->volatility == Volatility::kVolatile) ||
         std::ranges::any_of(expr.arguments, [](const ExprPtr& argument) { return IsVolatile(*argument); });
}

}  // namespace rem::sql

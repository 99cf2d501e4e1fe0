#include "sql/planner/outer_to_inner.h"

#include <algorithm>

#include "sql/plan/function.h"

namespace rem::sql {

namespace {

// Whether the expression is NULL where the columns of the side are.
bool IsNullWith(const Expr& expr, const LogicalNode& side, const ColumnFlow& flow) {
  const auto null = [&](const ExprPtr& argument) { return IsNullWith(*argument, side, flow); };
  switch (expr.kind) {
    case ExprKind::kColumn:
      return flow.Makes(side, expr.column);
    case ExprKind::kCall:
      return expr.function->strict && std::ranges::any_of(expr.arguments, null);
    case ExprKind::kIn:
      return null(expr.arguments[0]);
    case ExprKind::kCoalesce:
      return std::ranges::all_of(expr.arguments, null);
    default:
      return false;
  }
}

}  // namespace

bool RejectsNulls(const Expr& condition, const LogicalNode& side, const ColumnFlow& flow) {
  const auto rejects = [&](const ExprPtr& argument) { return RejectsNulls(*argument, side, flow); };
  if (condition.kind == ExprKind::kAnd) return std::ranges::any_of(condition.arguments, rejects);
  if (condition.kind == ExprKind::kOr) return std::ranges::all_of(condition.arguments, rejects);
  if (condition.kind == ExprKind::kCall && condition.arguments.size() == 1) {
    const std::string_view name = condition.function->name;
    if (name == "is not null") return IsNullWith(*condition.arguments[0], side, flow);
    if (name == "is true") return rejects(condition.arguments[0]);
  }
  return IsNullWith(condition, side, flow);
}

void OuterToInner(LogicalNode& node, const ColumnFlow& flow) {
  const auto* filter = std::get_if<LogicalFilter>(&node.body);
  if (filter == nullptr) return;
  auto* join = std::get_if<LogicalJoin>(&node.input->body);
  if (join == nullptr) return;
  const auto rejects = [&](const LogicalPtr& side) {
    return std::ranges::any_of(filter->conjuncts,
                               [&](const ExprPtr& conjunct) { return RejectsNulls(*conjunct, *side, flow); });
  };
  if ((join->kind == JoinKind::kLeft || join->kind == JoinKind::kFull) && rejects(node.input->right))
    join->kind = join->kind == JoinKind::kLeft ? JoinKind::kInner : JoinKind::kRight;
  if ((join->kind == JoinKind::kRight || join->kind == JoinKind::kFull) && rejects(node.input->input))
    join->kind = join->kind == JoinKind::kRight ? JoinKind::kInner : JoinKind::kLeft;
}

}  // namespace rem::sql

#include "sql/planner/pull_correlation.h"

#include <algorithm>

namespace rem::sql {

namespace {

/// Sides of a join through which a condition can be lifted above it.
struct Sides {
  bool input = false;
  bool right = false;
};

Sides OpenSides(const LogicalJoin& join) {
  // Below kSingle the rows left out count: they may not have two partners.
  if (join.lateral || join.kind == JoinKind::kSingle) return {};
  if (join.kind == JoinKind::kInner) return {true, true};
  if (join.kind == JoinKind::kRight) return {false, true};
  return {join.kind != JoinKind::kFull, false};
}

bool CanPullConditions(const std::vector<ExprPtr>& conditions, const LogicalNode& outside, const ColumnFlow& flow) {
  return std::ranges::none_of(conditions, [&](const ExprPtr& condition) {
    return HasSubquery(*condition) && RefersTo(*condition, outside, flow);
  });
}

void TakeConditions(std::vector<ExprPtr>& from, const LogicalNode& outside, const ColumnFlow& flow,
                    std::vector<ExprPtr>& conditions) {
  const auto rest = std::stable_partition(
      from.begin(), from.end(), [&](const ExprPtr& condition) { return !RefersTo(*condition, outside, flow); });
  conditions.insert(conditions.end(), rest, from.end());
  from.erase(rest, from.end());
}

}  // namespace

bool RefersTo(const Expr& expr, const LogicalNode& outside, const ColumnFlow& flow) {
  ColumnIds columns;
  flow.Read(expr, columns);
  return std::ranges::any_of(columns, [&](ColumnId column) { return flow.Makes(outside, column); });
}

bool RefersTo(const LogicalNode& tree, const LogicalNode& outside, const ColumnFlow& flow) {
  return std::ranges::any_of(flow.Outer(tree), [&](ColumnId column) { return flow.Makes(outside, column); });
}

bool CanPullCorrelation(const LogicalNode& tree, const LogicalNode& outside, const ColumnFlow& flow) {
  if (const auto* filter = std::get_if<LogicalFilter>(&tree.body))
    return CanPullConditions(filter->conjuncts, outside, flow) && CanPullCorrelation(*tree.input, outside, flow);
  if (const auto* project = std::get_if<LogicalProject>(&tree.body)) {
    return CanPullCorrelation(*tree.input, outside, flow) &&
           std::ranges::none_of(project->computed, [&](const ComputedColumn& computed) {
             return RefersTo(*computed.expr, outside, flow);
           });
  }
  if (const auto* join = std::get_if<LogicalJoin>(&tree.body)) {
    const Sides open = OpenSides(*join);
    const bool pulls = join->kind == JoinKind::kInner && !join->lateral;
    if (pulls ? !CanPullConditions(join->conditions, outside, flow)
              : std::ranges::any_of(join->conditions,
                                    [&](const ExprPtr& expr) { return RefersTo(*expr, outside, flow); }))
      return false;
    return (open.input ? CanPullCorrelation(*tree.input, outside, flow) : !RefersTo(*tree.input, outside, flow)) &&
           (open.right ? CanPullCorrelation(*tree.right, outside, flow) : !RefersTo(*tree.right, outside, flow));
  }
  return !RefersTo(tree, outside, flow);
}

void PullCorrelation(LogicalPtr& tree, const LogicalNode& outside, const ColumnFlow& flow,
                     std::vector<ExprPtr>& conditions) {
  if (auto* filter = std::get_if<LogicalFilter>(&tree->body)) {
    TakeConditions(filter->conjuncts, outside, flow, conditions);
    PullCorrelation(tree->input, outside, flow, conditions);
  } else if (std::holds_alternative<LogicalProject>(tree->body)) {
    PullCorrelation(tree->input, outside, flow, conditions);
  } else if (auto* join = std::get_if<LogicalJoin>(&tree->body)) {
    const Sides open = OpenSides(*join);
    if (join->kind == JoinKind::kInner && !join->lateral) TakeConditions(join->conditions, outside, flow, conditions);
    if (open.input) PullCorrelation(tree->input, outside, flow, conditions);
    if (open.right) PullCorrelation(tree->right, outside, flow, conditions);
  }
}

}  // namespace rem::sql

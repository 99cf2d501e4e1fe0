#include "sql/planner/push_filter_into_join.h"

#include <algorithm>
#include <utility>

namespace rem::sql {

namespace {

bool Uses(const Expr& expr, const LogicalNode& side, const ColumnFlow& flow) {
  ColumnIds columns;
  flow.Read(expr, columns);
  return std::ranges::any_of(columns, [&](ColumnId column) { return flow.Makes(side, column); });
}

void FilterSide(LogicalPtr& side, std::vector<ExprPtr> conjuncts) {
  if (conjuncts.empty()) return;
  if (auto* filter = std::get_if<LogicalFilter>(&side->body)) {
    filter->conjuncts.insert(filter->conjuncts.end(), conjuncts.begin(), conjuncts.end());
    return;
  }
  auto node = std::make_unique<LogicalNode>();
  node->body = LogicalFilter{std::move(conjuncts)};
  node->input = std::move(side);
  side = std::move(node);
}

// Moves the conditions for which `fits` out of `from`.
template <typename Fits>
std::vector<ExprPtr> Take(std::vector<ExprPtr>& from, Fits fits) {
  const auto rest = std::stable_partition(from.begin(), from.end(), fits);
  std::vector<ExprPtr> taken(from.begin(), rest);
  from.erase(from.begin(), rest);
  return taken;
}

void SplitConditions(LogicalNode& node, const ColumnFlow& flow) {
  auto& join = std::get<LogicalJoin>(node.body);
  if (join.kind == JoinKind::kFull || join.lateral) return;
  const auto only = [&](const LogicalPtr& other) {
    return [&](const ExprPtr& expr) { return !HasSubquery(*expr) && !Uses(*expr, *other, flow); };
  };
  const bool drops_left =
      join.kind == JoinKind::kInner || join.kind == JoinKind::kRight || join.kind == JoinKind::kSemi;
  if (drops_left) FilterSide(node.input, Take(join.conditions, only(node.right)));
  if (join.kind != JoinKind::kRight) FilterSide(node.right, Take(join.conditions, only(node.input)));
}

}  // namespace

void PushFilterIntoJoin(LogicalPtr& node, const ColumnFlow& flow) {
  if (std::holds_alternative<LogicalJoin>(node->body)) return SplitConditions(*node, flow);
  auto* filter = std::get_if<LogicalFilter>(&node->body);
  if (filter == nullptr) return;
  LogicalNode& below = *node->input;
  auto* join = std::get_if<LogicalJoin>(&below.body);
  if (join == nullptr || join->kind == JoinKind::kFull) return;
  if (join->kind == JoinKind::kInner && !join->lateral) {
    std::vector<ExprPtr> taken = Take(filter->conjuncts, [](const ExprPtr& expr) { return !HasSubquery(*expr); });
    join->conditions.insert(join->conditions.end(), taken.begin(), taken.end());
  } else {
    LogicalPtr& kept = join->kind == JoinKind::kRight ? below.right : below.input;
    const LogicalPtr& other = join->kind == JoinKind::kRight ? below.input : below.right;
    FilterSide(kept, Take(filter->conjuncts,
                          [&](const ExprPtr& expr) { return !HasSubquery(*expr) && !Uses(*expr, *other, flow); }));
  }
  if (!filter->conjuncts.empty()) return;
  LogicalPtr input = std::move(node->input);
  node = std::move(input);
  SplitConditions(*node, flow);
}

}  // namespace rem::sql

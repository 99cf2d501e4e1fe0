#include "sql/planner/join_keys.h"

#include <algorithm>

#include "sql/plan/function.h"
#include "sql/planner/rewrite.h"

namespace rem::sql {

namespace {

struct KeyFinder {
  const LogicalNode& left;
  const LogicalNode& right;
  const ColumnFlow& flow;

  // Whether the expression reads columns of `here` and none of `there`.
  bool ReadsOnly(const Expr& expr, const LogicalNode& here, const LogicalNode& there) const {
    ColumnIds read;
    flow.Read(expr, read);
    return std::ranges::any_of(read, [&](ColumnId id) { return flow.Makes(here, id); }) &&
           std::ranges::none_of(read, [&](ColumnId id) { return flow.Makes(there, id); });
  }

  // Integers of several widths compare, so the narrower one is widened.
  static bool Unify(ExprPtr& a, ExprPtr& b) {
    if (a->type == b->type) return true;
    if (!IsInteger(a->type) || !IsInteger(b->type)) return false;
    for (ExprPtr* side : {&a, &b}) {
      if ((*side)->type == LogicalType::kInt) continue;
      const Function* cast = FindCast((*side)->type, LogicalType::kInt);
      if (cast == nullptr) return false;
      *side = MakeCall(cast, {*side}, (*side)->position);
    }
    return true;
  }

  bool Add(HashJoinPlan& hash, const Expr& condition) const {
    auto [a, b] = EqualityOf(condition);
    if (a == nullptr || HasSubquery(condition) || IsVolatile(condition) || !Unify(a, b)) return false;
    const bool straight = ReadsOnly(*a, left, right) && ReadsOnly(*b, right, left);
    const bool crossed = ReadsOnly(*b, left, right) && ReadsOnly(*a, right, left);
    if (!straight && !crossed) return false;
    hash.left_keys.push_back(straight ? a : b);
    hash.right_keys.push_back(straight ? b : a);
    return true;
  }

  // (a = b) IS NOT FALSE, or (a = b AND c = d) IS NOT FALSE, which is then also checked as a whole.
  bool AddNullable(HashJoinPlan& hash, const ExprPtr& condition) const {
    if (condition->kind != ExprKind::kCall || condition->function->name != "is not false") return false;
    std::vector<ExprPtr> parts;
    SplitAnd(condition->arguments[0], parts);
    HashJoinPlan keys;
    for (const ExprPtr& part : parts) {
      if (!Add(keys, *part)) return false;
    }
    hash.left_keys = std::move(keys.left_keys);
    hash.right_keys = std::move(keys.right_keys);
    hash.nulls_match = true;
    if (parts.size() > 1) hash.conditions.push_back(condition);
    return true;
  }
};

}  // namespace

HashJoinPlan SplitJoinKeys(const LogicalJoin& join, const LogicalNode& left, const LogicalNode& right,
                           const ColumnFlow& flow) {
  const KeyFinder finder{left, right, flow};
  HashJoinPlan hash;
  hash.kind = join.kind;
  for (const ExprPtr& condition : join.conditions) {
    if (!finder.Add(hash, *condition)) hash.conditions.push_back(condition);
  }
  if (!hash.left_keys.empty() || join.kind != JoinKind::kAnti) return hash;
  const std::vector<ExprPtr> conditions = std::move(hash.conditions);
  hash.conditions.clear();
  for (const ExprPtr& condition : conditions) {
    if (hash.nulls_match || !finder.AddNullable(hash, condition)) hash.conditions.push_back(condition);
  }
  return hash;
}

}  // namespace rem::sql

#include "sql/planner/filter_to_semi_join.h"

#include <algorithm>

#include "sql/plan/function.h"
#include "sql/planner/pull_correlation.h"
#include "sql/planner/rewrite.h"

namespace rem::sql {

namespace {

/// A conjunct that is a subquery, negated or not.
struct Test {
  const Expr* subquery = nullptr;
  bool negated = false;
};

std::optional<Test> TestOf(const Expr& conjunct) {
  Test test{&conjunct, false};
  while (test.subquery->kind == ExprKind::kCall && test.subquery->function->name == "not") {
    test.negated = !test.negated;
    test.subquery = test.subquery->arguments[0].get();
  }
  return test.subquery->kind == ExprKind::kSubquery ? std::optional(test) : std::nullopt;
}

// Nodes that do not matter to whether there is a row, or to which values there are.
void StripRows(LogicalSubquery& subquery) {
  LogicalPtr& root = subquery.root;
  const bool exists = subquery.kind == SubqueryKind::kExists;
  if (exists) subquery.outputs.clear();
  while (true) {
    const auto* limit = std::get_if<LogicalLimit>(&root->body);
    const auto* distinct = std::get_if<LogicalDistinct>(&root->body);
    const bool some_row = limit != nullptr && limit->offset == nullptr && limit->limit->kind == ExprKind::kConstant &&
                          !limit->limit->value.IsNull() && limit->limit->value.AsInt() > 0;
    const bool all_values = distinct != nullptr &&
                            std::ranges::all_of(subquery.outputs, [&](ColumnId id) { return Has(distinct->on, id); });
    const bool drops = std::holds_alternative<LogicalSort>(root->body) || (exists && some_row) ||
                       (distinct != nullptr && (exists || all_values)) ||
                       (exists && std::holds_alternative<LogicalProject>(root->body));
    if (!drops) return;
    DropNode(root);
  }
}

const Function* TruthTest(std::string_view name) {
  static constexpr LogicalType kArguments[] = {LogicalType::kBool};
  return FindOverload(name, kArguments);
}

// What a partner of a row makes true: for rows that are kept when there is one (semi), or when there is none (anti).
void AddComparison(const LogicalSubquery& subquery, bool negated, std::vector<ExprPtr>& conditions) {
  const bool any = subquery.kind == SubqueryKind::kAny;
  if (any && !negated) return SplitAnd(subquery.comparison, conditions);
  if (!any) {
    // ALL fails at a comparison that is not true, NOT ALL holds with one that is false.
    const Expr& comparison = *subquery.comparison;
    const bool unequal = comparison.kind == ExprKind::kCall && comparison.function->name == "<>" &&
                         comparison.function->arguments[0] != LogicalType::kJson;
    const Function* equal = unequal ? FindOverload("=", comparison.function->arguments) : nullptr;
    if (equal != nullptr) {
      const ExprPtr same = MakeCall(equal, comparison.arguments, comparison.position);
      conditions.push_back(negated ? same : MakeCall(TruthTest("is not false"), {same}, comparison.position));
      return;
    }
  }
  const Function* test = TruthTest(any ? "is not false" : negated ? "is false" : "is not true");
  conditions.push_back(MakeCall(test, {subquery.comparison}, subquery.comparison->position));
}

// Whether the query can stand beside `input` as the right side of a join.
bool CanJoin(LogicalSubquery& subquery, const LogicalNode& input, const ColumnFlow& flow) {
  if (subquery.kind == SubqueryKind::kScalar || subquery.kind == SubqueryKind::kArray) return false;
  if (subquery.comparison != nullptr && HasSubquery(*subquery.comparison)) return false;
  StripRows(subquery);
  const bool refers = RefersTo(*subquery.root, input, flow);
  if (subquery.kind == SubqueryKind::kExists) return refers && CanPullCorrelation(*subquery.root, input, flow);
  // IN over outputs that are columns of `input` itself compares with what no row of the right side has.
  if (!std::ranges::all_of(subquery.outputs, [&](ColumnId id) { return flow.Makes(*subquery.root, id); })) return false;
  if (!refers) return true;
  if (auto* project = std::get_if<LogicalProject>(&subquery.root->body)) {
    const bool plain = std::ranges::none_of(project->computed, [](const ComputedColumn& computed) {
      return HasSubquery(*computed.expr) || IsVolatile(*computed.expr);
    });
    if (plain && CanPullCorrelation(*subquery.root->input, input, flow)) {
      subquery.comparison = Inline(subquery.comparison, project->computed);
      DropNode(subquery.root);
      return true;
    }
  }
  return CanPullCorrelation(*subquery.root, input, flow);
}

}  // namespace

void FilterToSemiJoin(LogicalPtr& node, LogicalPlan& plan, const ColumnFlow& flow) {
  auto* filter = std::get_if<LogicalFilter>(&node->body);
  if (filter == nullptr) return;
  std::vector<ExprPtr> rest;
  for (const ExprPtr& conjunct : filter->conjuncts) {
    const auto test = TestOf(*conjunct);
    LogicalSubquery* subquery = test ? &plan.subqueries[test->subquery->subquery] : nullptr;
    if (subquery == nullptr || subquery->root == nullptr || !CanJoin(*subquery, *node->input, flow)) {
      rest.push_back(conjunct);
      continue;
    }
    LogicalJoin join;
    PullCorrelation(subquery->root, *node->input, flow, join.conditions);
    // ALL holds without an exception: NOT ALL is there when some row is one.
    const bool all = subquery->kind == SubqueryKind::kAll;
    join.kind = test->negated != all ? JoinKind::kAnti : JoinKind::kSemi;
    if (subquery->comparison != nullptr) AddComparison(*subquery, test->negated, join.conditions);
    node->input = MakeLogical(std::move(join), std::move(node->input), std::move(subquery->root));
  }
  filter->conjuncts = std::move(rest);
  if (filter->conjuncts.empty()) DropNode(node);
}

}  // namespace rem::sql

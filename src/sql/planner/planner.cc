#include "sql/planner/planner.h"

#include "sql/planner/filter_to_semi_join.h"
#include "sql/planner/fold_constants.h"
#include "sql/planner/inline_ctes.h"
#include "sql/planner/merge_sort_and_limit.h"
#include "sql/planner/order_joins.h"
#include "sql/planner/outer_to_inner.h"
#include "sql/planner/physical_builder.h"
#include "sql/planner/postpone_subqueries.h"
#include "sql/planner/push_filter_below_project_set.h"
#include "sql/planner/push_filter_into_join.h"
#include "sql/planner/push_filter_into_scan.h"
#include "sql/planner/scalar_to_join.h"
#include "sql/planner/simplify_conditions.h"
#include "sql/planner/sink_filter.h"

namespace rem::sql {

namespace {

// ---- Rules over the logical plan ----

void FoldNode(LogicalNode& node, const FixedEvaluator& evaluate) {
  if (auto* filter = std::get_if<LogicalFilter>(&node.body)) {
    for (ExprPtr& conjunct : filter->conjuncts) conjunct = FoldConstants(conjunct, evaluate);
    SimplifyConditions(filter->conjuncts);
  } else if (auto* join = std::get_if<LogicalJoin>(&node.body)) {
    for (ExprPtr& condition : join->conditions) condition = FoldConstants(condition, evaluate);
    SimplifyConditions(join->conditions);
  } else if (auto* project = std::get_if<LogicalProject>(&node.body)) {
    for (ComputedColumn& computed : project->computed) computed.expr = FoldConstants(computed.expr, evaluate);
  } else if (auto* aggregate = std::get_if<LogicalAggregate>(&node.body)) {
    for (AggregateCall& call : aggregate->calls) {
      for (ExprPtr& argument : call.arguments) argument = FoldConstants(argument, evaluate);
      if (call.filter != nullptr) call.filter = FoldConstants(call.filter, evaluate);
    }
    for (ComputedColumn& group : aggregate->groups) group.expr = FoldConstants(group.expr, evaluate);
  }
}

/// All rules, for a node before its inputs where conditions sink, and after them where nodes are put together.
struct Rules {
  LogicalPlan& plan;
  const PlannerContext& context;
  const ColumnFlow& flow;
  const Cardinality& cardinality;

  // Joins that are put in order together.
  void FoldJoins(LogicalNode& node) {
    if (!IsPlainJoin(node)) return;
    FoldNode(node, context.evaluate);
    FoldJoins(*node.input);
    FoldJoins(*node.right);
  }

  // A rank reads the scan that is leftmost below it, so that joins there may not change their order.
  void Apply(LogicalPtr& node, bool below_rank = false) {
    FoldNode(*node, context.evaluate);
    FilterToSemiJoin(node, plan, flow);
    if (!below_rank) ScalarToJoin(node, plan, context, flow, cardinality);
    OuterToInner(*node, flow);
    PushFilterBelowProjectSet(node);
    PushFilterIntoJoin(node, flow);
    SinkFilter(node, flow);
    if (IsPlainJoin(*node)) {
      FoldJoins(*node);
      OrderJoins(node, plan, context, flow, cardinality, [&](LogicalPtr& relation) { Apply(relation); });
      return;
    }
    if (node->input != nullptr) Apply(node->input, std::holds_alternative<LogicalRank>(node->body));
    if (node->right != nullptr) Apply(node->right);
    PushFilterIntoScan(node);
    MergeSortAndLimit(node);
    PostponeSubqueries(node);
  }

  void ApplyToAll() {
    Apply(plan.root);
    for (LogicalCte& cte : plan.ctes) {
      if (cte.root != nullptr) Apply(cte.root);
    }
    // Queries come before the ones that they are part of; those of joins are gone by then.
    for (size_t i = plan.subqueries.size(); i > 0; --i) {
      if (plan.subqueries[i - 1].root != nullptr) Apply(plan.subqueries[i - 1].root);
    }
  }
};

}  // namespace

PhysicalPlan PlanQuery(LogicalPlan plan, const PlannerContext& given) {
  PlannerContext context = given;
  StatisticsCache local;
  if (context.statistics == nullptr) context.statistics = &local;
  if (context.optimise) {
    InlineCtes(plan);
    const ColumnFlow flow(plan);
    const Cardinality cardinality(plan, context);
    Rules{plan, context, flow, cardinality}.ApplyToAll();
  }
  return BuildPhysicalPlan(std::move(plan), context);
}

}  // namespace rem::sql

#include "sql/planner/planner.h"

#include "sql/planner/fold_constants.h"
#include "sql/planner/merge_sort_and_limit.h"
#include "sql/planner/physical_builder.h"
#include "sql/planner/push_filter_into_join.h"
#include "sql/planner/push_filter_into_scan.h"
#include "sql/planner/simplify_conditions.h"

namespace rem::sql {

namespace {

// ---- Rules over the logical plan ----

void FoldNode(LogicalNode& node, const FixedEvaluator& evaluate) {
  if (auto* filter = std::get_if<LogicalFilter>(&node.body)) {
    for (ExprPtr& conjunct : filter->conjuncts) conjunct = FoldConstants(conjunct, evaluate);
    SimplifyConditions(filter->conjuncts);
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

void ApplyRules(LogicalPtr& node, const PlannerContext& context, const ColumnFlow& flow) {
  PushFilterIntoJoin(node, flow);
  if (node->input != nullptr) ApplyRules(node->input, context, flow);
  if (node->right != nullptr) ApplyRules(node->right, context, flow);
  FoldNode(*node, context.evaluate);
  PushFilterIntoScan(node);
  MergeSortAndLimit(node);
}

}  // namespace

PhysicalPlan PlanQuery(LogicalPlan plan, const PlannerContext& context) {
  if (context.optimise) {
    const ColumnFlow flow(plan);
    for (LogicalSubquery& subquery : plan.subqueries) ApplyRules(subquery.root, context, flow);
    for (LogicalCte& cte : plan.ctes) ApplyRules(cte.root, context, flow);
    ApplyRules(plan.root, context, flow);
  }
  return BuildPhysicalPlan(std::move(plan), context);
}

}  // namespace rem::sql

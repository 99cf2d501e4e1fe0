#include "sql/planner/inline_ctes.h"

#include <algorithm>

#include "sql/planner/rewrite.h"

namespace rem::sql {

namespace {

/// Where a CTE is read.
struct References {
  size_t count = 0;
  LogicalPtr* place = nullptr;  ///< Of one that runs once a statement.
};

// `once`: this part of the plan runs once a statement.
void Find(LogicalPtr& node, size_t cte, bool once, References& found) {
  if (const auto* scan = std::get_if<LogicalCteScan>(&node->body); scan != nullptr && scan->cte == cte) {
    ++found.count;
    if (once) found.place = &node;
  }
  const auto* join = std::get_if<LogicalJoin>(&node->body);
  const bool again = (join != nullptr && join->lateral) || std::holds_alternative<LogicalRecursion>(node->body);
  if (node->input != nullptr) Find(node->input, cte, once, found);
  if (node->right != nullptr) Find(node->right, cte, once && !again, found);
}

References FindAll(LogicalPlan& plan, size_t cte) {
  References found;
  Find(plan.root, cte, true, found);
  for (LogicalCte& other : plan.ctes) {
    if (other.root != nullptr) Find(other.root, cte, true, found);
  }
  for (LogicalSubquery& subquery : plan.subqueries) {
    if (subquery.root != nullptr) Find(subquery.root, cte, false, found);
  }
  return found;
}

bool IsVolatile(const LogicalNode& node) {
  const auto any = [](const std::vector<ExprPtr>& exprs) {
    return std::ranges::any_of(exprs, [](const ExprPtr& expr) { return sql::IsVolatile(*expr); });
  };
  const auto any_computed = [](const std::vector<ComputedColumn>& computed) {
    return std::ranges::any_of(computed, [](const ComputedColumn& one) { return sql::IsVolatile(*one.expr); });
  };
  const auto* filter = std::get_if<LogicalFilter>(&node.body);
  const auto* project = std::get_if<LogicalProject>(&node.body);
  const auto* aggregate = std::get_if<LogicalAggregate>(&node.body);
  const auto* join = std::get_if<LogicalJoin>(&node.body);
  const auto call = [&](const AggregateCall& one) {
    return any(one.arguments) || (one.filter != nullptr && sql::IsVolatile(*one.filter));
  };
  const auto* values = std::get_if<LogicalValues>(&node.body);
  if (aggregate != nullptr && std::ranges::any_of(aggregate->calls, call)) return true;
  if (values != nullptr && std::ranges::any_of(values->rows, any)) return true;
  return (filter != nullptr && any(filter->conjuncts)) || (project != nullptr && any_computed(project->computed)) ||
         (aggregate != nullptr && any_computed(aggregate->groups)) || (join != nullptr && any(join->conditions)) ||
         (node.input != nullptr && IsVolatile(*node.input)) || (node.right != nullptr && IsVolatile(*node.right));
}

}  // namespace

void InlineCtes(LogicalPlan& plan) {
  for (size_t i = 0; i < plan.ctes.size(); ++i) {
    LogicalCte& cte = plan.ctes[i];
    if (cte.materialised || IsVolatile(*cte.root)) continue;
    const References found = FindAll(plan, i);
    if (found.count != 1 || found.place == nullptr) continue;
    const std::vector<ColumnId> outputs = std::get<LogicalCteScan>((*found.place)->body).outputs;
    LogicalProject renamed;
    for (size_t c = 0; c < outputs.size(); ++c) {
      const PlanColumn& column = plan.columns[cte.outputs[c]];
      renamed.computed.push_back({outputs[c], MakeColumn(cte.outputs[c], column.type, column.dynamic)});
    }
    *found.place = MakeLogical(std::move(renamed), std::move(cte.root));
  }
}

}  // namespace rem::sql

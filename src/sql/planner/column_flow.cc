#include "sql/planner/column_flow.h"

#include <algorithm>

namespace rem::sql {

void Include(ColumnIds& ids, ColumnId id) {
  if (!Has(ids, id)) ids.push_back(id);
}
bool Has(const ColumnIds& ids, ColumnId id) { return std::ranges::find(ids, id) != ids.end(); }

bool HasSubquery(const Expr& expr) {
  return expr.kind == ExprKind::kSubquery ||
         std::ranges::any_of(expr.arguments, [](const ExprPtr& argument) { return HasSubquery(*argument); });
}

void ColumnFlow::Read(const Expr& expr, ColumnIds& out) const {
  if (expr.kind == ExprKind::kColumn) Include(out, expr.column);
  if (expr.kind == ExprKind::kSubquery) {
    const LogicalSubquery& subquery = plan_.subqueries[expr.subquery];
    for (const ColumnId id : Given(subquery)) Include(out, id);
    for (const ColumnId id : Compared(subquery)) Include(out, id);
  }
  for (const ExprPtr& argument : expr.arguments) Read(*argument, out);
}

void ColumnFlow::Read(const std::vector<ExprPtr>& exprs, ColumnIds& out) const {
  for (const ExprPtr& expr : exprs) Read(*expr, out);
}

void ReadWindow(const LogicalWindow& window, ColumnIds& out) {
  for (const ColumnId column : window.partition) Include(out, column);
  for (const SortKey& key : window.order) Include(out, key.column);
  for (const WindowCall& call : window.calls) {
    for (const ColumnId column : call.arguments) Include(out, column);
    if (call.filter) Include(out, *call.filter);
    if (!call.frame.has_reach()) continue;
    Include(out, call.frame.value);
    for (const FrameBound* bound : {&call.frame.start, &call.frame.end}) {
      if (bound->offset != nullptr) Include(out, bound->reach);
    }
  }
}

namespace {

bool MakesCall(const LogicalTableFunction& call, ColumnId column) {
  return Has(call.outputs, column) || call.ordinality == column;
}

// Whether the node itself makes the column, not one below it.
struct MakesItself {
  const LogicalPlan& plan;
  ColumnId column;

  bool operator()(const LogicalScan& scan) const {
    const PlanColumn& made = plan.columns[column];
    return made.source != ColumnSource::kComputed && made.scan == scan.scan;
  }
  bool operator()(const LogicalRank& rank) const { return rank.score == column; }
  bool operator()(const LogicalAggregate& aggregate) const {
    return std::ranges::find(aggregate.groups, column, &ComputedColumn::column) != aggregate.groups.end() ||
           std::ranges::find(aggregate.grouping, column, &GroupingCall::output) != aggregate.grouping.end() ||
           std::ranges::find(aggregate.calls, column, &AggregateCall::output) != aggregate.calls.end();
  }
  bool operator()(const LogicalProject& project) const {
    return std::ranges::find(project.computed, column, &ComputedColumn::column) != project.computed.end();
  }
  bool operator()(const LogicalWindow& window) const {
    return std::ranges::find(window.calls, column, &WindowCall::output) != window.calls.end();
  }
  bool operator()(const LogicalSetOp& body) const { return Has(body.outputs, column); }
  bool operator()(const LogicalValues& body) const { return Has(body.outputs, column); }
  bool operator()(const LogicalCteScan& body) const { return Has(body.outputs, column); }
  bool operator()(const LogicalRecursion& body) const { return Has(body.outputs, column); }
  bool operator()(const LogicalWorkScan& body) const { return Has(body.outputs, column); }
  bool operator()(const LogicalTableFunction& call) const { return MakesCall(call, column); }
  bool operator()(const LogicalProjectSet& set) const {
    return set.ordinality == column ||
           std::ranges::any_of(set.calls, [&](const LogicalTableFunction& call) { return MakesCall(call, column); });
  }
  template <typename Body>
  bool operator()(const Body&) const {
    return false;
  }
};

}  // namespace

bool ColumnFlow::Makes(const LogicalNode& node, ColumnId column) const {
  return std::visit(MakesItself{plan_, column}, node.body) || (node.input != nullptr && Makes(*node.input, column)) ||
         (node.right != nullptr && Makes(*node.right, column));
}

void ColumnFlow::ReadNode(const LogicalNode& node, ColumnIds& out) const {
  const auto limit = [&](const LogicalLimit& body) {
    if (body.limit != nullptr) Read(*body.limit, out);
    if (body.offset != nullptr) Read(*body.offset, out);
    for (const ColumnId column : body.ties) Include(out, column);
  };
  const auto all = [&](const ColumnIds& ids) {
    for (const ColumnId id : ids) Include(out, id);
  };
  if (const auto* scan = std::get_if<LogicalScan>(&node.body)) Read(scan->filters, out);
  if (const auto* filter = std::get_if<LogicalFilter>(&node.body)) Read(filter->conjuncts, out);
  if (const auto* join = std::get_if<LogicalJoin>(&node.body)) Read(join->conditions, out);
  if (const auto* project = std::get_if<LogicalProject>(&node.body)) {
    for (const ComputedColumn& computed : project->computed) Read(*computed.expr, out);
  }
  if (const auto* aggregate = std::get_if<LogicalAggregate>(&node.body)) {
    for (const ComputedColumn& group : aggregate->groups) Read(*group.expr, out);
    for (const AggregateCall& call : aggregate->calls) {
      Read(call.arguments, out);
      for (const AggregateSortKey& key : call.order) Read(*key.expr, out);
      if (call.filter != nullptr) Read(*call.filter, out);
    }
  }
  if (const auto* window = std::get_if<LogicalWindow>(&node.body)) ReadWindow(*window, out);
  if (const auto* sort = std::get_if<LogicalSort>(&node.body)) {
    for (const SortKey& key : sort->keys) Include(out, key.column);
  }
  if (const auto* top = std::get_if<LogicalTopN>(&node.body)) {
    for (const SortKey& key : top->keys) Include(out, key.column);
    limit(top->limit);
  }
  if (const auto* body = std::get_if<LogicalLimit>(&node.body)) limit(*body);
  if (const auto* distinct = std::get_if<LogicalDistinct>(&node.body)) all(distinct->on);
  if (const auto* set = std::get_if<LogicalSetOp>(&node.body)) {
    all(set->left);
    all(set->right);
  }
  if (const auto* recursion = std::get_if<LogicalRecursion>(&node.body)) {
    all(recursion->left);
    all(recursion->right);
  }
  if (const auto* values = std::get_if<LogicalValues>(&node.body)) {
    for (const auto& row : values->rows) Read(row, out);
  }
  if (const auto* call = std::get_if<LogicalTableFunction>(&node.body)) Read(call->arguments, out);
  if (const auto* set = std::get_if<LogicalProjectSet>(&node.body)) {
    for (const LogicalTableFunction& call : set->calls) Read(call.arguments, out);
  }
  if (node.input != nullptr) ReadNode(*node.input, out);
  if (node.right != nullptr) ReadNode(*node.right, out);
}

ColumnIds ColumnFlow::Outer(const LogicalNode& node) const {
  ColumnIds ids;
  ReadNode(node, ids);
  std::erase_if(ids, [&](ColumnId id) { return Makes(node, id); });
  return ids;
}

ColumnIds ColumnFlow::Given(const LogicalSubquery& subquery) const {
  ColumnIds ids = Outer(*subquery.root);
  for (const ColumnId output : subquery.outputs) {
    if (!Makes(*subquery.root, output)) Include(ids, output);
  }
  return ids;
}

ColumnIds ColumnFlow::Compared(const LogicalSubquery& subquery) const {
  ColumnIds ids;
  if (subquery.comparison == nullptr) return ids;
  Read(*subquery.comparison, ids);
  const ColumnIds given = Given(subquery);
  std::erase_if(ids, [&](ColumnId id) { return Has(given, id) || Makes(*subquery.root, id); });
  return ids;
}

}  // namespace rem::sql

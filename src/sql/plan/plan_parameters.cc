#include "sql/plan/plan_parameters.h"

namespace rem::sql {

namespace {

// Looks where conditions are. A parameter elsewhere is not found, which its callers allow for.
class Search {
 public:
  explicit Search(size_t parameters) : found_(parameters), several_(parameters) {}

  void Visit(const PhysicalNode& node) {
    std::visit([&](const auto& body) { In(body); }, node.body);
    if (node.input != nullptr) Visit(*node.input);
    if (node.right != nullptr) Visit(*node.right);
  }
  void In(const std::vector<ExprPtr>& exprs) {
    for (const ExprPtr& expr : exprs) In(*expr);
  }
  // A text that is made a vector is another parameter then.
  void InQueryVectors(const std::vector<QueryVector>& vectors) {
    for (const QueryVector& query : vectors) {
      if (query.vector != query.parameter) Note(query.parameter, LogicalType::kText);
    }
  }
  std::vector<std::optional<LogicalType>> Finish() {
    for (size_t i = 0; i < found_.size(); ++i) {
      if (several_[i]) found_[i].reset();
    }
    return std::move(found_);
  }

 private:
  void In(const Expr& expr) {
    if (expr.kind == ExprKind::kParameter) Note(expr.parameter, expr.type);
    In(expr.arguments);
  }
  void Note(uint32_t parameter, LogicalType type) {
    if (parameter >= found_.size()) return;
    if (found_[parameter] && *found_[parameter] != type) several_[parameter] = true;
    found_[parameter] = type;
  }
  void In(const IndexAccess& access) {
    In(access.points);
    if (access.lower) In(*access.lower->value);
    if (access.upper) In(*access.upper->value);
  }
  void In(const TableScanPlan& scan) { In(scan.filters); }
  void In(const IndexScanPlan& scan) {
    for (const IndexAccess& access : scan.path.any) In(access);
    for (const IndexAccess& access : scan.path.narrowing) In(access);
    In(scan.filters);
  }
  void In(const IndexOrderScanPlan& scan) {
    In(scan.access);
    In(scan.filters);
  }
  void In(const OrderedTopNPlan& top) {
    In(top.access);
    In(top.filters);
  }
  void In(const IdLookupPlan& lookup) {
    In(lookup.ids);
    In(lookup.filters);
  }
  void In(const NearestPlan& nearest) {
    In(*nearest.query);
    for (const NearestPlan::Bound& bound : nearest.bounds) In(*bound.value);
  }
  void In(const ProjectPlan& project) {
    for (const ComputedColumn& computed : project.computed) In(*computed.expr);
  }
  void In(const AggregatePlan& aggregate) {
    for (const ComputedColumn& group : aggregate.groups) In(*group.expr);
    for (const AggregateCall& call : aggregate.calls) {
      In(call.arguments);
      if (call.filter != nullptr) In(*call.filter);
    }
  }
  void In(const FilterPlan& filter) { In(filter.conjuncts); }
  void In(const NestedLoopJoinPlan& join) { In(join.conditions); }
  void In(const HashJoinPlan& join) {
    In(join.left_keys);
    In(join.right_keys);
    In(join.conditions);
  }
  void In(const MergeJoinPlan& join) { In(join.conditions); }
  void In(const IndexJoinPlan& join) {
    In(*join.key);
    In(join.filters);
    In(join.conditions);
  }
  void In(const LateralJoinPlan& join) { In(join.conditions); }
  template <typename Other>
  void In(const Other&) {}

  std::vector<std::optional<LogicalType>> found_;
  std::vector<bool> several_;
};

}  // namespace

std::vector<std::optional<LogicalType>> ParameterTypes(const PhysicalPlan& plan, size_t parameters) {
  Search search(parameters);
  search.Visit(*plan.root);
  search.InQueryVectors(plan.query_vectors);
  for (const PhysicalSubquery& subquery : plan.subqueries) {
    if (subquery.root == nullptr) continue;
    search.Visit(*subquery.root);
    if (subquery.comparison != nullptr) search.In({subquery.comparison});
  }
  for (const PhysicalCte& cte : plan.ctes) {
    if (cte.root != nullptr) search.Visit(*cte.root);
  }
  return search.Finish();
}

}  // namespace rem::sql

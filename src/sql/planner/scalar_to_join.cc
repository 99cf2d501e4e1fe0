#include "sql/planner/scalar_to_join.h"

#include <algorithm>

#include "sql/plan/aggregate_function.h"
#include "sql/planner/join_cost.h"
#include "sql/planner/pull_correlation.h"
#include "sql/planner/rewrite.h"
#include "sql/planner/scan_cost.h"

namespace rem::sql {

namespace {

// Running a subquery once costs as much as scanning this many rows, besides what it reads.
constexpr double kSubqueryRun = 60;

// Scalar subqueries that are computed for every row, and EXISTS anywhere.
void FindSubqueries(const Expr& expr, const LogicalPlan& plan, bool every_row, std::vector<uint32_t>& found) {
  if (expr.kind == ExprKind::kSubquery) {
    const bool wanted = every_row || plan.subqueries[expr.subquery].kind == SubqueryKind::kExists;
    if (wanted && std::ranges::find(found, expr.subquery) == found.end()) found.push_back(expr.subquery);
    return;
  }
  const bool lazy = expr.kind == ExprKind::kCase || expr.kind == ExprKind::kCoalesce || expr.kind == ExprKind::kAnd ||
                    expr.kind == ExprKind::kOr;
  for (size_t i = 0; i < expr.arguments.size(); ++i)
    FindSubqueries(*expr.arguments[i], plan, every_row && (!lazy || i == 0), found);
}

// Aggregates give NULL for no rows, but for those that count.
bool Counts(const AggregateCall& call) { return call.function->name == "count" || call.function->name == "regr_count"; }

class Decorrelation {
 public:
  Decorrelation(LogicalPlan& plan, LogicalPtr& input, double outer_rows, const PlannerContext& context,
                const ColumnFlow& flow, const Cardinality& cardinality)
      : plan_(plan),
        input_(input),
        outer_rows_(outer_rows),
        context_(context),
        flow_(flow),
        cardinality_(cardinality) {}

  /// What stands for the subquery once it is joined to the input; nullptr where it stays.
  ExprPtr Run(LogicalSubquery& subquery) {
    if (subquery.root == nullptr || !RefersTo(*subquery.root, *input_, flow_)) return nullptr;
    if (subquery.kind == SubqueryKind::kExists) return JoinMark(subquery);
    if (subquery.kind != SubqueryKind::kScalar) return nullptr;
    if (!flow_.Makes(*subquery.root, subquery.outputs[0])) return nullptr;
    auto* project = std::get_if<LogicalProject>(&subquery.root->body);
    LogicalNode& below = project == nullptr ? *subquery.root : *subquery.root->input;
    const auto* aggregate = std::get_if<LogicalAggregate>(&below.body);
    if (aggregate == nullptr || !aggregate->groups.empty() || !aggregate->sets.empty()) return JoinRow(subquery);
    return JoinGroups(subquery, project, below);
  }

 private:
  ExprPtr ColumnOf(ColumnId id) const { return MakeColumn(id, plan_.columns[id].type, plan_.columns[id].dynamic); }

  bool IsInner(const Expr& expr, const LogicalNode& inner) const {
    ColumnIds read;
    flow_.Read(expr, read);
    return std::ranges::any_of(read, [&](ColumnId id) { return flow_.Makes(inner, id); }) &&
           std::ranges::none_of(read, [&](ColumnId id) { return flow_.Makes(*input_, id); });
  }

  /// The side of an equality that the groups are made by, and the other one.
  Equality KeyOf(const Expr& condition, const LogicalNode& inner) const {
    Equality sides = EqualityOf(condition);
    if (sides.left == nullptr || sides.left->type != sides.right->type || sides.left->type == LogicalType::kJson ||
        HasSubquery(condition) || IsVolatile(condition))
      return {};
    if (!IsInner(*sides.left, inner)) std::swap(sides.left, sides.right);
    const bool splits = IsInner(*sides.left, inner) && !RefersTo(*sides.right, inner, flow_);
    return splits ? sides : Equality{};
  }

  ExprPtr JoinRow(LogicalSubquery& subquery) {
    if (!CanPullCorrelation(*subquery.root, *input_, flow_)) return nullptr;
    LogicalJoin join;
    join.kind = JoinKind::kSingle;
    PullCorrelation(subquery.root, *input_, flow_, join.conditions);
    const bool has_key = std::ranges::any_of(
        join.conditions, [&](const ExprPtr& condition) { return KeyOf(*condition, *subquery.root).left != nullptr; });
    if (!has_key) {
      PutBack(subquery.root, std::move(join.conditions));
      return nullptr;
    }
    input_ = MakeLogical(std::move(join), std::move(input_), std::move(subquery.root));
    return ColumnOf(subquery.outputs[0]);
  }

  // Conditions came out of filters and inner joins, so that they may as well stand above.
  static void PutBack(LogicalPtr& tree, std::vector<ExprPtr> conditions) {
    if (!conditions.empty()) tree = MakeLogical(LogicalFilter{std::move(conditions)}, std::move(tree));
  }

  // Whether few enough outer rows ask, each of which an index answers.
  bool IndexIsFaster(const LogicalNode& inner, const std::vector<ExprPtr>& conditions) const {
    const LogicalNode& scan = std::holds_alternative<LogicalFilter>(inner.body) ? *inner.input : inner;
    const auto* body = std::get_if<LogicalScan>(&scan.body);
    if (body == nullptr) return false;
    const auto key = FindLookup(scan, conditions, plan_, flow_, cardinality_);
    return key && outer_rows_ * kSubqueryRun + LookupJoinCost(outer_rows_, *key) <
                      ReadCost(scan, plan_, context_, cardinality_);
  }

  ExprPtr JoinGroups(LogicalSubquery& subquery, const LogicalProject* project, LogicalNode& node) {
    auto& aggregate = std::get<LogicalAggregate>(node.body);
    if (project != nullptr && std::ranges::any_of(project->computed, [](const ComputedColumn& one) {
          return HasSubquery(*one.expr) || IsVolatile(*one.expr);
        }))
      return nullptr;
    if (!ArgumentsAreInner(aggregate) || !CanPullCorrelation(*node.input, *input_, flow_)) return nullptr;
    std::vector<ExprPtr> conditions;
    PullCorrelation(node.input, *input_, flow_, conditions);
    if (!AllAreKeys(conditions, *node.input) || IndexIsFaster(*node.input, conditions)) {
      PutBack(node.input, std::move(conditions));
      return nullptr;
    }
    LogicalJoin join = JoinByGroups(conditions, *node.input, aggregate);
    // What the select list computes is computed above the join, from what the aggregates say there.
    ExprPtr result = ColumnOf(subquery.outputs[0]);
    if (project != nullptr) result = Inline(result, project->computed);
    std::vector<ComputedColumn> of_no_rows;
    for (const AggregateCall& call : aggregate.calls) {
      if (!Counts(call)) continue;
      const LogicalType type = plan_.columns[call.output].type;
      of_no_rows.push_back({call.output, MakeForm(ExprKind::kCoalesce, type,
                                                  {ColumnOf(call.output), MakeConstant(Value(int64_t{0}), type)})});
    }
    LogicalPtr groups = project == nullptr ? std::move(subquery.root) : std::move(subquery.root->input);
    subquery.root.reset();
    input_ = MakeLogical(std::move(join), std::move(input_), std::move(groups));
    return Inline(result, of_no_rows);
  }

  ExprPtr JoinMark(LogicalSubquery& subquery) {
    // Nobody reads what EXISTS selects.
    subquery.outputs.clear();
    while (std::holds_alternative<LogicalProject>(subquery.root->body) ||
           std::holds_alternative<LogicalSort>(subquery.root->body))
      DropNode(subquery.root);
    if (!CanPullCorrelation(*subquery.root, *input_, flow_)) return nullptr;
    std::vector<ExprPtr> conditions;
    PullCorrelation(subquery.root, *input_, flow_, conditions);
    if (!AllAreKeys(conditions, *subquery.root) || IndexIsFaster(*subquery.root, conditions)) {
      PutBack(subquery.root, std::move(conditions));
      return nullptr;
    }
    LogicalAggregate groups;
    LogicalJoin join = JoinByGroups(conditions, *subquery.root, groups);
    const ColumnId mark = plan_.AddColumn({"exists", LogicalType::kBool, ColumnSource::kComputed, false, {}});
    LogicalProject marked{{{mark, MakeConstant(Value(true), LogicalType::kBool)}}};
    LogicalPtr right = MakeLogical(std::move(groups), std::move(subquery.root));
    right = MakeLogical(std::move(marked), std::move(right));
    input_ = MakeLogical(std::move(join), std::move(input_), std::move(right));
    static constexpr LogicalType kMark[] = {LogicalType::kBool};
    return MakeCall(FindOverload("is not null", kMark), {ColumnOf(mark)});
  }

  // Equalities become groups, and conditions on them.
  LogicalJoin JoinByGroups(const std::vector<ExprPtr>& conditions, const LogicalNode& inner,
                           LogicalAggregate& aggregate) {
    LogicalJoin join;
    join.kind = JoinKind::kLeft;
    for (const ExprPtr& condition : conditions) {
      const Equality key = KeyOf(*condition, inner);
      join.conditions.push_back(
          key.left == nullptr
              ? condition
              : MakeCall(condition->function, {GroupOf(aggregate, key.left), key.right}, condition->position));
    }
    return join;
  }

  bool ArgumentsAreInner(const LogicalAggregate& aggregate) const {
    const auto inner = [&](const ExprPtr& expr) { return expr == nullptr || !RefersTo(*expr, *input_, flow_); };
    // Ordered sets and types other than bigint may say something else of no rows.
    const auto known = [&](const AggregateCall& call) {
      return !call.function->within_group && (!Counts(call) || plan_.columns[call.output].type == LogicalType::kInt);
    };
    if (!std::ranges::all_of(aggregate.calls, known)) return false;
    return std::ranges::all_of(aggregate.calls, [&](const AggregateCall& call) {
      return std::ranges::all_of(call.arguments, inner) && inner(call.filter) &&
             std::ranges::all_of(call.order, [&](const AggregateSortKey& key) { return inner(key.expr); });
    });
  }

  // Each condition is an equality to group by or speaks of the outer row alone; and there is some equality.
  bool AllAreKeys(const std::vector<ExprPtr>& conditions, const LogicalNode& inner) const {
    size_t keys = 0;
    for (const ExprPtr& condition : conditions) {
      if (KeyOf(*condition, inner).left != nullptr) {
        ++keys;
      } else if (RefersTo(*condition, inner, flow_) || HasSubquery(*condition)) {
        return false;
      }
    }
    return keys > 0;
  }

  ExprPtr GroupOf(LogicalAggregate& aggregate, const ExprPtr& expr) {
    for (const ComputedColumn& group : aggregate.groups) {
      if (SameExpr(*group.expr, *expr)) return ColumnOf(group.column);
    }
    const ColumnId column = expr->kind == ExprKind::kColumn
                                ? expr->column
                                : plan_.AddColumn({"group", expr->type, ColumnSource::kComputed, expr->dynamic, {}});
    aggregate.groups.push_back({column, expr});
    return ColumnOf(column);
  }

  LogicalPlan& plan_;
  LogicalPtr& input_;
  const double outer_rows_;
  const PlannerContext& context_;
  const ColumnFlow& flow_;
  const Cardinality& cardinality_;
};

}  // namespace

void ScalarToJoin(LogicalPtr& node, LogicalPlan& plan, const PlannerContext& context, const ColumnFlow& flow,
                  const Cardinality& cardinality) {
  auto* filter = std::get_if<LogicalFilter>(&node->body);
  auto* project = std::get_if<LogicalProject>(&node->body);
  if (filter == nullptr && project == nullptr) return;
  std::vector<ExprPtr*> exprs;
  if (filter != nullptr) {
    for (ExprPtr& conjunct : filter->conjuncts) exprs.push_back(&conjunct);
  } else {
    for (ComputedColumn& computed : project->computed) exprs.push_back(&computed.expr);
  }
  std::vector<uint32_t> found;
  double outer_rows = -1;
  for (const ExprPtr* expr : exprs) FindSubqueries(**expr, plan, true, found);
  for (const uint32_t subquery : found) {
    if (outer_rows < 0) outer_rows = cardinality.Rows(filter != nullptr ? *node : *node->input);
    const ExprPtr value =
        Decorrelation(plan, node->input, outer_rows, context, flow, cardinality).Run(plan.subqueries[subquery]);
    if (value == nullptr) continue;
    for (ExprPtr* expr : exprs) {
      *expr = Rewrite(*expr, [&](const Expr& part) {
        return part.kind == ExprKind::kSubquery && part.subquery == subquery ? value : nullptr;
      });
    }
  }
}

}  // namespace rem::sql

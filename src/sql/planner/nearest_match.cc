#include "sql/planner/nearest_match.h"

#include <algorithm>
#include <string_view>

#include "sql/plan/function.h"
#include "sql/planner/rewrite.h"

namespace rem::sql {

namespace {

// A function of two vectors that orders rows as a metric does.
struct Order {
  std::string_view function;
  VectorMetric metric;
  double offset, factor;  // Of the value to the metric's score.
};
constexpr Order kOrders[] = {
    {"cosine", VectorMetric::kCosine, 0, 1},
    {"<=>", VectorMetric::kCosine, 1, -1},
    {"cosine_distance", VectorMetric::kCosine, 1, -1},
    {"inner_product", VectorMetric::kInnerProduct, 0, 1},
    {"<#>", VectorMetric::kInnerProduct, 0, -1},
    {"vector_negative_inner_product", VectorMetric::kInnerProduct, 0, -1},
    {"<->", VectorMetric::kL2, 0, -1},
    {"l2_distance", VectorMetric::kL2, 0, -1},
};

const Order* OrderOf(const Expr& expr) {
  if (expr.kind != ExprKind::kCall || expr.arguments.size() != 2) return nullptr;
  if (std::ranges::any_of(expr.arguments, [](const ExprPtr& one) { return one->type != LogicalType::kVector; }))
    return nullptr;
  const auto found = std::ranges::find(kOrders, expr.function->name, &Order::function);
  return found == std::end(kOrders) ? nullptr : &*found;
}

// The same for all rows of the scan, and cheap to say.
bool IsGiven(const Expr& expr, const LogicalNode& scan, const ColumnFlow& flow) {
  ColumnIds read;
  flow.Read(expr, read);
  return !HasSubquery(expr) && !IsVolatile(expr) &&
         std::ranges::none_of(read, [&](ColumnId id) { return flow.Makes(scan, id); });
}

// `distance < bound`, where that is on the near side.
std::optional<NearestPlan::Bound> BoundOf(const Expr& condition, const Expr& distance, const Order& order,
                                          const LogicalNode& scan, const ColumnFlow& flow) {
  if (condition.kind != ExprKind::kCall || condition.arguments.size() != 2) return std::nullopt;
  const std::string_view sign = condition.function->name;
  const bool less = sign == "<" || sign == "<=", greater = sign == ">" || sign == ">=";
  if (!less && !greater) return std::nullopt;
  const bool left = SameExpr(*condition.arguments[0], distance);
  if (!left && !SameExpr(*condition.arguments[1], distance)) return std::nullopt;
  const ExprPtr& value = condition.arguments[left ? 1 : 0];
  const bool nearer = (left ? less : greater) == (order.factor < 0);
  if (!nearer || value->type != LogicalType::kDouble || !IsGiven(*value, scan, flow)) return std::nullopt;
  return NearestPlan::Bound{value, sign.size() == 2};
}

}  // namespace

std::optional<NearestMatch> FindNearest(const LogicalTopN& top, const LogicalProject& project, const LogicalScan& scan,
                                        const std::vector<PlanColumn>& columns, const ColumnFlow& flow) {
  if (top.keys.size() != 1) return std::nullopt;
  const SortKey& key = top.keys[0];
  const auto computed = std::ranges::find(project.computed, key.column, &ComputedColumn::column);
  if (computed == project.computed.end()) return std::nullopt;
  const Expr& distance = *computed->expr;
  const Order* order = OrderOf(distance);
  if (order == nullptr || key.descending != (order->factor > 0)) return std::nullopt;

  LogicalNode node;
  node.body = LogicalScan{scan.table, scan.columns, {}, scan.scan};
  const auto is_column = [&](const Expr& expr) {
    return expr.kind == ExprKind::kColumn && columns[expr.column].source == ColumnSource::kVector &&
           columns[expr.column].scan == scan.scan;
  };
  const size_t side = is_column(*distance.arguments[0]) ? 0 : 1;
  if (!is_column(*distance.arguments[side]) || !IsGiven(*distance.arguments[1 - side], node, flow)) return std::nullopt;

  NearestMatch match;
  NearestPlan& plan = match.plan;
  plan.table = scan.table;
  plan.column = columns[distance.arguments[side]->column].path[0];
  plan.metric = order->metric;
  plan.query = distance.arguments[1 - side];
  plan.distance = key.column;
  plan.offset = order->offset;
  plan.factor = order->factor;
  plan.nulls_first = key.nulls_first;
  plan.limit = top.limit;
  for (const ExprPtr& filter : scan.filters) {
    if (auto bound = BoundOf(*filter, distance, *order, node, flow)) {
      plan.bounds.push_back(std::move(*bound));
    } else {
      match.filters.push_back(filter);
    }
  }
  return match;
}

}  // namespace rem::sql

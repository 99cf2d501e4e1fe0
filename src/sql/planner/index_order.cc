#include "sql/planner/index_order.h"

#include <algorithm>

#include "sql/planner/access_path.h"
#include "sql/planner/join_cost.h"
#include "sql/planner/join_keys.h"
#include "sql/planner/scan_cost.h"

namespace rem::sql {

std::optional<IndexOrder> OrderFinder::Find(const LogicalNode& node, ColumnId column, bool descending,
                                            const ColumnIds& needed) const {
  const auto* scan = std::get_if<LogicalScan>(&node.body);
  if (!context_.optimise || scan == nullptr) return std::nullopt;
  auto access = FindIndexOrder(*scan, column, plan_.columns);
  // One value needs no order.
  if (!access || !access->points.empty()) return std::nullopt;
  ColumnIds columns{column};
  for (const ColumnId id : needed) Include(columns, id);
  flow_.Read(scan->filters, columns);
  const auto is_field = [&](ColumnId id) {
    return plan_.columns[id].source != ColumnSource::kComputed && plan_.columns[id].scan == scan->scan;
  };
  std::erase_if(columns, [&](ColumnId id) { return !is_field(id); });
  if (!EntriesHold(scan->table->indexes[access->index].field, columns, plan_.columns)) return std::nullopt;
  const double rows = cardinality_.TableRows(scan->scan);
  const bool whole = access->whole();
  const double entries = whole ? rows : cardinality_.Rows(node);
  IndexOrder order{{scan->table, std::move(*access), descending, columns, scan->filters},
                   kEntryCost * entries,
                   TableScanCost(*scan, rows, columns, plan_, context_)};
  if (!whole) order.scan_cost = std::min(order.scan_cost, order.cost);
  return order;
}

std::optional<IndexOrder> OrderFinder::ForGroups(const LogicalAggregate& aggregate, const LogicalNode& node,
                                                 const ColumnIds& needed) const {
  const bool one = aggregate.groups.size() == 1 && aggregate.sets.empty() && aggregate.grouping.empty();
  if (!one || aggregate.groups[0].expr->kind != ExprKind::kColumn) return std::nullopt;
  auto order = Find(*node.input, aggregate.groups[0].expr->column, false, needed);
  if (!order) return std::nullopt;
  const double hashed = HashGroupCost(cardinality_.Rows(*node.input), cardinality_.Rows(node));
  return order->cost < order->scan_cost + hashed ? std::move(order) : std::nullopt;
}

std::optional<IndexOrder> OrderFinder::ForSort(const LogicalSort& sort, const LogicalNode& input,
                                               const ColumnIds& needed) const {
  // NULLs are last in an index.
  if (sort.keys.size() != 1 || sort.keys[0].descending != sort.keys[0].nulls_first) return std::nullopt;
  auto order = Find(input, sort.keys[0].column, sort.keys[0].descending, needed);
  if (!order) return std::nullopt;
  return order->cost < order->scan_cost + SortCost(cardinality_.Rows(input)) ? std::move(order) : std::nullopt;
}

std::optional<MergeOrder> OrderFinder::ForJoin(const LogicalJoin& join, const LogicalNode& left,
                                               const LogicalNode& right, const ColumnIds& left_needed,
                                               const ColumnIds& right_needed) const {
  const bool streams = join.kind == JoinKind::kInner || join.kind == JoinKind::kLeft || join.kind == JoinKind::kSemi ||
                       join.kind == JoinKind::kAnti;
  if (!context_.optimise || !streams) return std::nullopt;
  HashJoinPlan keys = SplitJoinKeys(join, left, right, flow_);
  if (keys.left_keys.size() != 1 || keys.nulls_match || keys.left_keys[0]->kind != ExprKind::kColumn ||
      keys.right_keys[0]->kind != ExprKind::kColumn)
    return std::nullopt;
  const ColumnId left_key = keys.left_keys[0]->column, right_key = keys.right_keys[0]->column;
  auto left_order = Find(left, left_key, false, left_needed);
  auto right_order = Find(right, right_key, false, right_needed);
  if (!left_order || !right_order) return std::nullopt;
  const double left_rows = cardinality_.Rows(left), right_rows = cardinality_.Rows(right);
  const double by_merge = left_order->cost + right_order->cost + MergeJoinCost(left_rows, right_rows);
  double other = left_order->scan_cost + right_order->scan_cost + HashJoinCost(left_rows, right_rows, 0);
  if (join.kind == JoinKind::kInner)  // Either side may be the one that is kept.
    other = std::min(other, left_order->scan_cost + right_order->scan_cost + HashJoinCost(right_rows, left_rows, 0));
  if (const auto lookup = FindLookup(right, join.conditions, plan_, flow_, cardinality_))
    other = std::min(other, left_order->scan_cost + LookupJoinCost(left_rows, *lookup));
  if (by_merge >= other) return std::nullopt;
  return MergeOrder{
      {join.kind, left_key, right_key, std::move(keys.conditions)}, std::move(*left_order), std::move(*right_order)};
}

}  // namespace rem::sql

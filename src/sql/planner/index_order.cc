#include "sql/planner/index_order.h"

#include <algorithm>

#include "sql/planner/access_path.h"
#include "sql/planner/scan_cost.h"

namespace rem::sql {

std::optional<IndexOrder> FindIndexOrderScan(const LogicalNode& node, ColumnId column, bool descending,
                                             const ColumnIds& needed, const LogicalPlan& plan,
                                             const PlannerContext& context, const Cardinality& cardinality,
                                             const ColumnFlow& flow) {
  const auto* scan = std::get_if<LogicalScan>(&node.body);
  if (!context.optimise || scan == nullptr) return std::nullopt;
  auto access = FindIndexOrder(*scan, column, plan.columns);
  // One value needs no order.
  if (!access || !access->points.empty()) return std::nullopt;
  ColumnIds columns{column};
  for (const ColumnId id : needed) Include(columns, id);
  flow.Read(scan->filters, columns);
  const auto is_field = [&](ColumnId id) {
    return plan.columns[id].source != ColumnSource::kComputed && plan.columns[id].scan == scan->scan;
  };
  std::erase_if(columns, [&](ColumnId id) { return !is_field(id); });
  const PlanColumn& key = plan.columns[column];
  const bool covered = std::ranges::all_of(columns, [&](ColumnId id) {
    const PlanColumn& read = plan.columns[id];
    if (read.source == ColumnSource::kRowId) return true;
    return read.source == ColumnSource::kProperty && !read.dynamic && read.path == key.path && read.type == key.type;
  });
  if (!covered) return std::nullopt;
  const double rows = cardinality.TableRows(scan->scan);
  IndexOrder order{{scan->table, std::move(*access), descending, columns, scan->filters},
                   kEntryCost * (scan->filters.empty() ? rows : cardinality.Rows(node)),
                   TableScanCost(rows, columns, plan, context)};
  if (!order.plan.access.whole()) order.scan_cost = std::min(order.scan_cost, order.cost);
  return order;
}

}  // namespace rem::sql

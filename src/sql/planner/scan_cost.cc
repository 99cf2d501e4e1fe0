#include "sql/planner/scan_cost.h"

#include <algorithm>
#include <cmath>

#include "sql/plan/cached_share.h"
#include "sql/planner/access_path.h"
#include "sql/planner/join_cost.h"

namespace rem::sql {

namespace {

/// A row that an operator gives on.
constexpr double kPassedRow = 0.1;
/// For each doubling of the rows.
constexpr double kSortStep = 0.03;
constexpr double kGroupRow = 0.1;
/// Beyond so many groups each row finds its group outside the processor's caches.
constexpr double kManyGroups = 100'000;
constexpr double kFarGroupRow = 0.5;

}  // namespace

double TableScanCost(const LogicalScan& scan, double rows, const ColumnIds& columns, const LogicalPlan& plan,
                     const PlannerContext& context) {
  return rows * ScannedRowCost(context.view, *scan.table, plan.columns, columns, rows);
}

double ReadCost(const LogicalNode& node, const LogicalPlan& plan, const PlannerContext& context,
                const Cardinality& cardinality) {
  if (const auto* scan = std::get_if<LogicalScan>(&node.body)) {
    ColumnIds columns;
    for (size_t i = 0; i < plan.columns.size(); ++i) {
      const PlanColumn& column = plan.columns[i];
      const bool read = column.source != ColumnSource::kComputed && column.source != ColumnSource::kRowId;
      if (read && column.scan == scan->scan) columns.push_back(static_cast<ColumnId>(i));
    }
    const double all = TableScanCost(*scan, cardinality.TableRows(scan->scan), columns, plan, context);
    const bool whole = scan->filters.empty() ||
                       std::holds_alternative<FullScan>(ChooseAccessPath(*scan, plan.columns, context, cardinality));
    return whole ? all : std::min(all, LookupJoinCost(1, {scan->table, 0, nullptr, cardinality.Rows(node)}));
  }
  double cost = cardinality.Rows(node) * kPassedRow;
  if (node.input != nullptr) cost += ReadCost(*node.input, plan, context, cardinality);
  if (node.right != nullptr) cost += ReadCost(*node.right, plan, context, cardinality);
  return cost;
}

double SortCost(double rows) { return rows * kSortStep * std::log2(std::max(rows, 2.0)); }

double HashGroupCost(double rows, double groups) { return rows * (groups > kManyGroups ? kFarGroupRow : kGroupRow); }

}  // namespace rem::sql

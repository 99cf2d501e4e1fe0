#include "sql/plan/planned_scans.h"

#include <algorithm>
#include <type_traits>

#include "sql/plan/cached_share.h"

namespace rem::sql {

namespace {

/// A scan from the column cache costs a twentieth of one that fills it.
constexpr double kOtherCost = 4;

double RowCostOf(const PlannedScan& scan, const PhysicalPlan& plan, const ReadView& view) {
  const auto rows = static_cast<double>(std::max<int64_t>(scan.table->counters->live_rows.load(), 0));
  return ScannedRowCost(view, *scan.table, plan.columns, scan.columns, rows);
}

class Search {
 public:
  explicit Search(const PhysicalPlan& plan) : plan_(plan) {
    Visit(plan.root);
    for (const PhysicalSubquery& subquery : plan.subqueries) Visit(subquery.root);
    for (const PhysicalCte& cte : plan.ctes) Visit(cte.root);
  }
  /// Costs of scans have been compared with others.
  bool decided() const { return decided_; }
  std::vector<PlannedScan> Take() { return std::move(scans_); }

 private:
  void Visit(const PhysicalPtr& node) {
    if (node == nullptr) return;
    std::visit([&](const auto& body) { Look(body); }, node->body);
    Visit(node->input);
    Visit(node->right);
  }

  template <typename Body>
  void Look(const Body& body) {
    decided_ |= std::is_same_v<Body, HashJoinPlan> || std::is_same_v<Body, MergeJoinPlan> ||
                std::is_same_v<Body, IndexJoinPlan> || std::is_same_v<Body, NestedLoopJoinPlan> ||
                std::is_same_v<Body, IndexOrderScanPlan>;
    if constexpr (requires { body.table, body.columns; }) Add(body.table, body.columns);
  }

  // All columns that the plan takes from the table, as the planner counts them, whichever of them this part reads.
  void Add(const TablePtr& table, const std::vector<ColumnId>& columns) {
    if (columns.empty()) return;
    const uint32_t scan = plan_.columns[columns[0]].scan;
    PlannedScan& added = scans_.emplace_back();
    added.table = table;
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      const PlanColumn& column = plan_.columns[i];
      const bool read = column.source != ColumnSource::kComputed && column.source != ColumnSource::kRowId;
      if (read && column.scan == scan) added.columns.push_back(static_cast<ColumnId>(i));
    }
  }

  const PhysicalPlan& plan_;
  bool decided_ = false;
  std::vector<PlannedScan> scans_;
};

}  // namespace

std::vector<PlannedScan> DecidingScans(const PhysicalPlan& plan, const ReadView& view) {
  Search search(plan);
  if (!search.decided()) return {};
  std::vector<PlannedScan> scans = search.Take();
  for (PlannedScan& scan : scans) scan.row_cost = RowCostOf(scan, plan, view);
  return scans;
}

bool CostsDiffer(const PhysicalPlan& plan, std::span<const PlannedScan> scans, const ReadView& view) {
  return std::ranges::any_of(scans, [&](const PlannedScan& scan) {
    const double now = RowCostOf(scan, plan, view);
    return now > scan.row_cost * kOtherCost || now * kOtherCost < scan.row_cost;
  });
}

}  // namespace rem::sql

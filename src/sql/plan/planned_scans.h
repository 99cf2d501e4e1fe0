#pragma once

#include <span>
#include <vector>

#include "sql/plan/plan.h"
#include "store/read_view.h"

namespace rem::sql {

/// What a row of a scan cost when a plan was made (ScannedRowCost), which depends on what the column cache holds.
struct PlannedScan {
  TablePtr table;
  std::vector<ColumnId> columns;
  double row_cost = 0;
};

/// The tables of a plan whose joins and orders were chosen by what scans cost, at the costs of now. None where only
/// single rows of a table are looked for: such an access decides for itself whenever it runs.
std::vector<PlannedScan> DecidingScans(const PhysicalPlan& plan, const ReadView& view);

/// Whether one of them costs several times as much now, or several times less, so that another plan may be better.
bool CostsDiffer(const PhysicalPlan& plan, std::span<const PlannedScan> scans, const ReadView& view);

}  // namespace rem::sql

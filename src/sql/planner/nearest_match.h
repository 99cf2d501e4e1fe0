#pragma once

#include <optional>

#include "sql/planner/column_flow.h"

namespace rem::sql {

struct NearestMatch {
  NearestPlan plan;              ///< But for the row id.
  std::vector<ExprPtr> filters;  ///< What the scan's conditions ask beside the bounds of the plan.
};

// ORDER BY embedding <=> $1 LIMIT 10  ->  the nearest 10 by the index of the column
// A condition on the same distance (embedding <=> $1 < 0.3) ends the answer early. nullopt for any other order, and
// where the vector that rows are compared with is another one for each row.
std::optional<NearestMatch> FindNearest(const LogicalTopN& top, const LogicalProject& project, const LogicalScan& scan,
                                        const std::vector<PlanColumn>& columns, const ColumnFlow& flow);

}  // namespace rem::sql

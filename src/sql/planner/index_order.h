#pragma once

#include <optional>

#include "sql/planner/cardinality.h"

namespace rem::sql {

// An index holds its field in order, so that what is wanted by that field need neither sort nor hash. Only where its
// entries hold all that is read: rows that are fetched one by one cost more than a sort saves.
//   SELECT views, count(*) FROM t GROUP BY views        ->  the entries of the index on views, group by group
//   SELECT views FROM t WHERE views > 5 ORDER BY views  ->  its entries as they are
//   SELECT ... FROM t JOIN u ON t.views = u.views       ->  both sides' entries side by side, reading nothing else

struct IndexOrder {
  IndexOrderScanPlan plan;
  double cost = 0;       ///< In rows that a scan takes from the engine.
  double scan_cost = 0;  ///< Of reading the same without an order.
};

/// The entries of an index that give the rows of `node`, a scan, in the order of `column`, with the columns `needed`.
std::optional<IndexOrder> FindIndexOrderScan(const LogicalNode& node, ColumnId column, bool descending,
                                             const ColumnIds& needed, const LogicalPlan& plan,
                                             const PlannerContext& context, const Cardinality& cardinality,
                                             const ColumnFlow& flow);

}  // namespace rem::sql

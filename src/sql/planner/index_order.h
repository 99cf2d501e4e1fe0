#pragma once

#include <optional>

#include "sql/planner/cardinality.h"

namespace rem::sql {

/// The entries of an index that give the rows of a scan in the order of a column.
struct IndexOrder {
  IndexOrderScanPlan plan;
  double cost = 0;       ///< In rows that a scan takes from the engine.
  double scan_cost = 0;  ///< Of reading the same without an order.
};
/// Both sides of a join in the order of their keys.
struct MergeOrder {
  MergeJoinPlan plan;
  IndexOrder left, right;
};

// An index holds its field in order, so that what is wanted by that field need neither sort nor hash. Only where its
// entries hold all that is read, for rows that are fetched one by one cost more than a sort saves, and only where that
// costs less.
//   SELECT views, count(*) FROM t GROUP BY views        ->  the entries of the index on views, group by group
//   SELECT views FROM t WHERE views > 5 ORDER BY views  ->  its entries as they are
//   SELECT ... FROM t JOIN u ON t.views = u.views       ->  both sides' entries side by side, reading nothing else
class OrderFinder {
 public:
  OrderFinder(const LogicalPlan& plan, const PlannerContext& context, const Cardinality& cardinality,
              const ColumnFlow& flow)
      : plan_(plan), context_(context), cardinality_(cardinality), flow_(flow) {}

  /// For `node`, an aggregation, the rows of its input, of which it needs the columns `needed`, group by group.
  std::optional<IndexOrder> ForGroups(const LogicalAggregate& aggregate, const LogicalNode& node,
                                      const ColumnIds& needed) const;
  std::optional<IndexOrder> ForSort(const LogicalSort& sort, const LogicalNode& input, const ColumnIds& needed) const;
  std::optional<MergeOrder> ForJoin(const LogicalJoin& join, const LogicalNode& left, const LogicalNode& right,
                                    const ColumnIds& left_needed, const ColumnIds& right_needed) const;

 private:
  std::optional<IndexOrder> Find(const LogicalNode& node, ColumnId column, bool descending,
                                 const ColumnIds& needed) const;

  const LogicalPlan& plan_;
  const PlannerContext& context_;
  const Cardinality& cardinality_;
  const ColumnFlow& flow_;
};

}  // namespace rem::sql

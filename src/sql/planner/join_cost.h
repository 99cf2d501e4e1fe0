#pragma once

#include "sql/planner/cardinality.h"

namespace rem::sql {

// What ways to join cost, in rows that a scan reads. Guesses decide between plans that give the same answer.

/// How the rows of a table are found for one value: by id, or in an index.
struct LookupKey {
  TablePtr table;
  std::optional<size_t> index;  ///< nullopt: the id.
  ExprPtr outer;                ///< What is looked up, over the other side.
  double rows = 1;              ///< About how many rows one value has.
};

/// Whether an equality of `conditions` lets the rows of a scan be looked up for rows of the other side.
std::optional<LookupKey> FindLookup(const LogicalNode& scan_node, const std::vector<ExprPtr>& conditions,
                                    const LogicalPlan& plan, const ColumnFlow& flow, const Cardinality& cardinality);

/// Reads `build` rows into a hash table and looks `probe` rows up.
double HashJoinCost(double probe, double build, double result);
/// Looks the rows of a table up for each of `outer` rows.
double LookupJoinCost(double outer, const LookupKey& key);
double NestedLoopCost(double left, double right, double result);
/// Walks two sides that come in the order of their keys.
double MergeJoinCost(double left, double right);

}  // namespace rem::sql

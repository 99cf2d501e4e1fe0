#pragma once

#include <optional>
#include <variant>

#include "sql/planner/cardinality.h"
#include "sql/planner/planner.h"

namespace rem::sql {

struct IdAccess {
  std::vector<ExprPtr> ids;
  size_t filter = 0;  ///< Of the scan's, the one that says so and that every row found satisfies.
};
struct FullScan {};
using AccessPath = std::variant<FullScan, IdAccess, IndexPath>;

// How the rows of a scan are found:
//   WHERE id = '...'                        ->  look the ids up
//   WHERE author = 'x' AND views > 5        ->  the index with the fewest entries under its part of the conditions, as
//                                               statistics guess; the others' may narrow what it finds
//   WHERE author = 'x' OR views > 5         ->  the indexes of both sides, where each has one
//   anything else                           ->  read the table
// The conditions are checked again on the rows, so that a path only needs to find no row too few, but for the one that
// the lookup of ids stands for and the one that an index path implies.
AccessPath ChooseAccessPath(const LogicalScan& scan, const std::vector<PlanColumn>& columns,
                            const PlannerContext& context, const Cardinality& cardinality);

/// Whether an index path, known to the last value, finds so many rows that a scan of the table surely costs less. Where
/// values may change from run to run, each run finds out for itself.
bool CostsMoreThanScan(const IndexPath& path, const Table& table, const PlannerContext& context,
                       const Cardinality& cardinality);

/// LIMIT + OFFSET, or -1 where it cannot be said.
int64_t WantedRows(const LogicalLimit& limit, const PlannerContext& context);

/// The index whose order is that of `keys`, with the bounds that the conditions give it; nullopt when there is none or
/// when the conditions would make it read too much.
//   ORDER BY views DESC LIMIT 10  ->  the last 10 entries of the index on views
std::optional<IndexAccess> ChooseOrderedAccess(const LogicalScan& scan, const std::vector<SortKey>& keys,
                                               int64_t wanted_rows, const std::vector<PlanColumn>& columns,
                                               const Cardinality& cardinality);

/// Whether the entries of an index hold these columns of its table, as the rows do: those of doubles make -0.0 a 0.0,
/// those of numerics forget the zeros at the end.
bool EntriesHold(const IndexedField& field, const ColumnIds& read, const std::vector<PlanColumn>& columns);

/// The whole of an index in whose order the rows of a scan come by `column`, or the part of it that conditions on the
/// column leave, where its entries hold the column as the rows do. nullopt where there is none.
std::optional<IndexAccess> FindIndexOrder(const LogicalScan& scan, ColumnId column,
                                          const std::vector<PlanColumn>& columns);

}  // namespace rem::sql

#pragma once

#include <vector>

#include "sql/executor/operator.h"

namespace rem::sql {

/// Entries of an index that are read to find rows; past these the table is scanned, which costs less than reading so
/// many rows one by one.
size_t MostIndexEntries(const Table& table);

/// Whether a range surely holds more than `most` entries, by the engine's estimate. Worth asking after
/// kEntriesBeforeEstimate of them: it costs as much as reading some dozens.
bool HoldsTooMany(const ExecContext& context, const Table& table, const IndexDefinition& index, const IndexRange& range,
                  size_t most);
inline constexpr size_t kEntriesBeforeEstimate = 1024;

/// The row ids under an index path, ascending. False when there are more than MostIndexEntries: then scan the table.
/// The rows may be more than the conditions let through, never fewer.
bool FindIndexRows(const ExecContext& context, const PhysicalNode& node, const IndexScanPlan& plan,
                   std::vector<RowId>& rows);

/// The values that a covering path's index holds, without reading a row. nullptr where they cannot be had there: the
/// index holds a text cut, or there are too many entries.
OperatorPtr NewIndexOnlyScan(const ExecContext& context, const PhysicalNode& node);

}  // namespace rem::sql

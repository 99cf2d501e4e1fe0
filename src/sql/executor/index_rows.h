#pragma once

#include <optional>
#include <vector>

#include "sql/executor/operator.h"

namespace rem::sql {

/// When an index that was taken for a table turns out to hold too much: past so many entries a scan costs less. What a
/// scan costs is asked for only once there are many entries.
class EntryLimit {
 public:
  EntryLimit(const ExecContext& context, const IndexScanPlan& plan) : context_(context), plan_(plan) {}

  /// Entries that are read in any case.
  static constexpr size_t kAlwaysByIndex = 64;

  bool Passed(size_t entries) { return entries > kAlwaysByIndex && (scans() || entries > most()); }
  size_t most();
  /// In rows that the engine gives in order.
  double scan_cost();

 private:
  // Whether statistics say so already.
  bool scans();

  const ExecContext& context_;
  const IndexScanPlan& plan_;
  std::optional<bool> scans_;
  std::optional<double> scan_cost_;
  std::optional<size_t> most_;
};

/// Whether a range surely holds more than `most` entries, by the engine's estimate. Worth asking after
/// kEntriesBeforeEstimate of them: it costs as much as reading some dozens.
bool HoldsTooMany(const ExecContext& context, const Table& table, const IndexDefinition& index, const IndexRange& range,
                  size_t most);
inline constexpr size_t kEntriesBeforeEstimate = 1024;

/// The row ids under an index path, ascending. False when there are so many that a scan of the table costs less. The
/// rows may be more than the conditions let through, never fewer.
bool FindIndexRows(const ExecContext& context, const PhysicalNode& node, const IndexScanPlan& plan,
                   std::vector<RowId>& rows);

/// The value of the entry at hand, in the type of its index: entries hold all integers alike. `cut`: see IndexCursor.
inline Value EntryValue(const IndexCursor& cursor, LogicalType type, bool& cut) {
  Value value = cursor.value(&cut);
  return IsInteger(type) && !value.IsNull() ? Value::OfInt(type, value.raw_int()) : value;
}

/// The values that a covering path's index holds, without reading a row. No scan where they cannot be had there: the
/// index holds a text cut, or there are so many entries that a scan of the table costs less.
struct IndexOnly {
  OperatorPtr scan;
  bool too_many = false;
};
IndexOnly NewIndexOnlyScan(const ExecContext& context, const PhysicalNode& node);

}  // namespace rem::sql

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rem/value.h>

namespace rem {

/// What the sampled rows of a table say about one property.
struct ColumnStatistics {
  double null_fraction = 0;
  /// Different values in the whole table, NULL not counted; at least 1 where there is a value.
  double distinct = 0;
  /// The most common values and the part of all rows that has them.
  std::vector<std::pair<Value, double>> common;
  /// Ascending values that cut the other ones into parts of equally many rows; the first is the least value seen, the
  /// last the greatest. Empty where fewer than two different values are left.
  std::vector<Value> bounds;
};

/// A guess at what a table holds, made from a sample of its rows; immutable. Columns go by their name.
struct TableStatistics {
  uint64_t definition_version = 0;
  int64_t live_rows = 0;  ///< When the sample was taken.
  /// TableCounters::changes then; below zero for changes of an earlier opening.
  int64_t changes = 0;
  std::map<std::string, ColumnStatistics, std::less<>> columns;
};
using TableStatisticsPtr = std::shared_ptr<const TableStatistics>;

/// As docs/formats/statistics.md says. `changes` is the counter of the table now: what is stored is how many changes
/// came after the sample.
std::string EncodeStatistics(const TableStatistics& statistics, uint64_t changes);
/// nullptr for bytes of another version, and for damaged ones: statistics can be taken anew at any time.
TableStatisticsPtr DecodeStatistics(std::string_view bytes);

}  // namespace rem

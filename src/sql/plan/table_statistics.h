#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <rem/value.h>

#include "storage/key_space.h"

namespace rem::sql {

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
  std::map<std::string, ColumnStatistics, std::less<>> columns;
};
using TableStatisticsPtr = std::shared_ptr<const TableStatistics>;

/// The statistics of one tenant's tables. Thread-safe.
class StatisticsCache {
 public:
  /// nullptr when nobody added any.
  TableStatisticsPtr Find(TableId table) const {
    const std::lock_guard lock(mutex_);
    const auto found = tables_.find(table);
    return found == tables_.end() ? nullptr : found->second;
  }
  /// So that they are taken anew when they are needed next.
  void Forget(TableId table) {
    const std::lock_guard lock(mutex_);
    tables_.erase(table);
  }
  void Add(TableId table, TableStatisticsPtr statistics) {
    const std::lock_guard lock(mutex_);
    tables_[table] = std::move(statistics);
  }

 private:
  mutable std::mutex mutex_;
  std::map<TableId, TableStatisticsPtr> tables_;
};

}  // namespace rem::sql

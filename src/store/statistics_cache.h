#pragma once

#include <map>
#include <mutex>

#include "catalog/table_statistics.h"
#include "catalog/tenant_catalog.h"
#include "store/tenant_context.h"

namespace rem {

/// What is known about the tables of one tenant. Derived from their rows: it is stored when the tenant is closed, so
/// that the next opening need not sample, and lost without harm when that did not happen. Thread-safe.
class StatisticsCache {
 public:
  /// Keeps nothing beyond its own life.
  StatisticsCache() = default;
  /// `context` outlives this.
  explicit StatisticsCache(TenantContext& context) : context_(&context) {}

  /// nullptr when there are none. They may be of an older definition, or of other rows.
  TableStatisticsPtr Find(const Table& table);
  void Add(const Table& table, TableStatisticsPtr statistics);
  /// Writes what is not stored yet, of tables that are there.
  void Save(const CatalogSnapshot& catalog);

 private:
  struct Known {
    TableStatisticsPtr statistics;
    std::shared_ptr<const TableCounters> counters;
    bool stored = false;
  };

  TenantContext* context_ = nullptr;
  std::mutex mutex_;
  std::map<TableId, Known> tables_;
};

}  // namespace rem

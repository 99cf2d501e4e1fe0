#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <rem/options.h>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "storage/engine.h"
#include "store/column_cache.h"
#include "store/commit_queue.h"
#include "store/hybrid_clock.h"
#include "store/tenant_store.h"

namespace rem {

/// One database: an engine and the tenants in it. Thread-safe.
class Store {
 public:
  /// Takes an engine that holds a database, or nothing yet. Errors: kFormatVersion for a database of a newer format,
  /// kCorruption. `make_rules` is for tables with CHECK constraints and computed defaults.
  Store(std::unique_ptr<Engine> engine, const OpenOptions& options, Clock& clock, RowRulesMaker make_rules = nullptr);
  ~Store();

  /// Error(kTenant) for a name that cannot be, or for an unknown tenant when `create` is false.
  std::shared_ptr<TenantStore> OpenTenant(std::string_view name, bool create);
  std::vector<std::string> ListTenants() const;
  void DropTenant(std::string_view name);

  const OpenOptions& options() const { return options_; }
  const Uuid& database_id() const { return parts_.database_id; }
  Engine& engine() { return *engine_; }
  const ColumnCache& columns() const { return *columns_; }
  /// Of cached rows and index entries.
  size_t row_cache_bytes() const;
  /// For work that is split, beside the thread that asks for it.
  ThreadPool& workers() { return workers_; }

 private:
  void LoadOrMakeDatabase();
  TenantId MakeTenant(std::string_view name);
  std::shared_ptr<TenantStore> LoadTenant(std::string_view name, bool create, uint64_t slot);
  void Release(const std::string& name, uint64_t slot);

  const OpenOptions options_;
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<ColumnCache> columns_;
  std::shared_ptr<RowCache> rows_;
  std::shared_ptr<IndexCache> indexes_;
  CommitQueue commits_;
  HybridClock hybrid_clock_;
  ThreadPool workers_;
  PlaceCache places_;
  StoreParts parts_;
  mutable std::mutex mutex_;
  /// A slot is there from before a tenant is loaded until after it is destroyed: two stores of one tenant at a time
  /// would write over each other.
  struct Slot {
    uint64_t number = 0;
    std::weak_ptr<TenantStore> tenant;
  };
  std::map<std::string, Slot, std::less<>> open_;
  uint64_t next_slot_ = 1;
  std::condition_variable released_;
};

/// The format that this version writes, and the oldest and newest that it reads.
inline constexpr uint32_t kFormatVersion = 1;

}  // namespace rem

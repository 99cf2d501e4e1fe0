#pragma once

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
#include "store/commit_queue.h"
#include "store/hybrid_clock.h"
#include "store/tenant_store.h"

namespace rem {

/// One database: an engine and the tenants in it. Thread-safe.
class Store {
 public:
  /// Takes an engine that holds a database, or nothing yet. Errors: kFormatVersion for a database of a newer format,
  /// kCorruption.
  Store(std::unique_ptr<Engine> engine, const OpenOptions& options, Clock& clock);
  ~Store();

  /// Error(kTenant) for a name that cannot be, or for an unknown tenant when `create` is false.
  std::shared_ptr<TenantStore> OpenTenant(std::string_view name, bool create);
  std::vector<std::string> ListTenants() const;
  void DropTenant(std::string_view name);

  const OpenOptions& options() const { return options_; }
  const Uuid& database_id() const { return parts_.database_id; }
  Engine& engine() { return *engine_; }

 private:
  void LoadOrMakeDatabase();
  TenantId MakeTenant(std::string_view name);

  const OpenOptions options_;
  std::shared_ptr<Engine> engine_;
  CommitQueue commits_;
  HybridClock hybrid_clock_;
  ThreadPool workers_;
  StoreParts parts_;
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<TenantStore>, std::less<>> open_;
};

/// The format that this version writes, and the oldest and newest that it reads.
inline constexpr uint32_t kFormatVersion = 1;

}  // namespace rem

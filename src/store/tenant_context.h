#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>

#include <rem/uuid.h>

#include "base/clock.h"
#include "base/fair_shared_mutex.h"
#include "catalog/row_rules.h"
#include "storage/engine.h"
#include "store/column_cache.h"
#include "store/commit_queue.h"
#include "store/place_cache.h"
#include "store/record_locks.h"
#include "store/tenant_log.h"

namespace rem {

class CatalogSnapshot;
class EmbeddingWorker;
class ThreadPool;

/// What the parts of one tenant's store share.
struct TenantContext {
  TenantId tenant = 0;
  std::string name;
  std::shared_ptr<Engine> engine;
  CommitQueue* commits = nullptr;
  TenantLog* log = nullptr;
  Clock* clock = nullptr;
  ThreadPool* workers = nullptr;  ///< For splitting large batches.
  PlaceCache* places = nullptr;
  std::shared_ptr<ColumnCache> columns;
  size_t max_record_bytes = 0;
  RowRulesMaker make_rules = nullptr;
  Uuid origin;  ///< The database's own id.

  EmbeddingWorker* embedding = nullptr;

  RecordLocks locks;
  /// Shared by every write of records, exclusive for changes of definitions: a writer sees one version of its table
  /// from validation to commit.
  FairSharedMutex definitions;
  bool read_only = false;
  /// Set under `definitions` held exclusively, once the tenant is gone.
  std::atomic<bool> dropped{false};

  /// Error(kTenant) when the tenant was dropped. Writers call it with `definitions` held, so that nothing is written
  /// behind a drop.
  void CheckNotDropped() const;
  /// After a commit of these changes: they may have left something to the embedding worker.
  void WakeEmbedding(const CatalogSnapshot& catalog, const std::vector<PendingChange>& changes) const;
};

}  // namespace rem

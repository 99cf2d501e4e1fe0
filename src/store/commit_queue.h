#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <vector>

#include "storage/engine.h"
#include "store/column_cache.h"
#include "store/tenant_log.h"

namespace rem {

class IndexCache;
class RowCache;

/// One writer's atomic change: what to write, and what the change log says about it.
struct Commit {
  TenantLog* log = nullptr;  ///< nullptr for writes that are no change of a tenant's data.
  Batch batch;
  std::vector<PendingChange> changes;
  /// Only new keys, and many of them: see WriteOptions::bulk.
  bool bulk = false;
  /// Save the row counts of `log` with it, so that the next open replays nothing.
  bool save_counts = false;
};

/// The one door to the engine for writes. Concurrent writers queue; the first becomes the leader, numbers everybody's
/// changes in queue order, and writes them as one batch with one sync (group commit, as in LevelDB's writer queue). A
/// sequence is given only inside the write that stores it, so the log never has a gap and a reader never sees a later
/// change before an earlier one.
class CommitQueue {
 public:
  /// The caches hear of every write.
  CommitQueue(Engine& engine, ColumnCache& columns, RowCache& rows, IndexCache& indexes, bool sync)
      : engine_(engine), columns_(columns), rows_(rows), indexes_(indexes), sync_(sync) {}

  /// Returns when the commit is as durable as the database promises. Throws what the engine threw; then nothing of the
  /// commit is visible.
  void Run(Commit& commit);

 private:
  struct Writer {
    Commit* commit;
    bool done = false;
    std::exception_ptr error;
    std::condition_variable wake;
  };
  static constexpr size_t kMaxGroupBytes = 4u << 20;

  std::vector<Writer*> TakeGroup();
  void WriteGroup(const std::vector<Writer*>& group);
  void Write(const Batch& batch, const WriteOptions& options);
  void HousekeepAfterBulk(TenantLog& log);
  void RecoverLogs(const std::vector<Writer*>& group);

  Engine& engine_;
  ColumnCache& columns_;
  RowCache& rows_;
  IndexCache& indexes_;
  const bool sync_;
  std::mutex mutex_;
  std::deque<Writer*> queue_;
};

}  // namespace rem

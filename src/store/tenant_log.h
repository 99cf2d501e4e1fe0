#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/table.h"
#include "storage/engine.h"
#include "store/hybrid_clock.h"
#include "store/log_entry.h"

namespace rem {

/// A change that is ready to commit but for its sequence.
struct PendingChange {
  LogEntry entry;
  /// Batch handle of the row's value, whose header gets the sequence; kNoRow for changes without a row.
  static constexpr size_t kNoRow = SIZE_MAX;
  size_t row_handle = kNoRow;
  /// Stored as the entry's image at once, for changes of definitions.
  std::string image;
};

/// One tenant's change log and the row counts that follow from it. Number(), Housekeep(), Publish() and Recover() are
/// called by the commit leader only, one at a time; the rest is thread-safe.
class TenantLog {
 public:
  TenantLog(TenantId tenant, uint64_t retention, HybridClock& clock);

  /// Reads the state from the engine: at open, and after a failed write whose outcome is unknown.
  void Recover(const Engine& engine);

  /// What is in memory may differ from the engine: read it again before the next use.
  void MarkStale() { stale_ = true; }
  void EnsureRecovered(const Engine& engine) {
    if (stale_) Recover(engine);
  }

  /// Gives `change` the next sequence, writes it into its row in the batch, and adds the log entry to the batch.
  void Number(PendingChange& change, size_t handle_shift, Batch& batch);
  /// Adds to the batch, when due: the row-count checkpoint, and the removal of entries past the retention.
  void Housekeep(Batch& batch);
  /// The batch with these numbers is written: readers may know.
  void Publish();

  /// Saves the row counts now, so that the next open replays nothing.
  void AppendCheckpoint(Batch& batch) const;

  Sequence committed() const { return committed_.load(std::memory_order_acquire); }
  Sequence first_kept() const { return first_kept_.load(std::memory_order_acquire); }
  TenantId tenant() const { return tenant_; }

  /// The counters of a table, made on first use.
  std::shared_ptr<TableCounters> Counters(TableId table);

 private:
  struct Counted {
    std::shared_ptr<TableCounters> counters = std::make_shared<TableCounters>();
    int64_t live_rows = 0;  // As of next_ - 1; published to counters after the write.
    uint64_t changes = 0;   // Likewise.
  };
  void RecoverCounts(const Engine& engine);
  Counted& CountedFor(TableId table);

  const TenantId tenant_;
  const uint64_t retention_;
  HybridClock& clock_;
  std::atomic<Sequence> committed_{0};
  std::atomic<Sequence> first_kept_{1};
  bool stale_ = false;
  Sequence next_ = 1;
  Sequence checkpointed_ = 0;
  std::string scratch_;
  mutable std::mutex mutex_;  // Guards the map; the counts inside belong to the leader.
  std::unordered_map<TableId, Counted> counts_;
  std::vector<TableId> touched_;
  TableId last_table_ = 0;  // Of Number(): most changes of a commit are of one table.
  Counted* last_counted_ = nullptr;
};

}  // namespace rem

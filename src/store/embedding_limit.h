#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>

#include "catalog/table.h"
#include "storage/engine.h"
#include "store/tenant_log.h"

namespace rem {

class CatalogSnapshot;
class TableRegistry;
struct TenantContext;

/// Back pressure: who inserts records that wait for the embedding worker waits himself while the tenant's queue is
/// full, and gets an error when it does not become shorter in time. The queue is on disk and small; what the limit
/// keeps short is the time until what was inserted is found by its meaning.
///
/// The length is known about: an upper bound is kept by what writers add and the worker takes away, and the queue is
/// counted where that bound reaches the limit. Entries of columns that are filled anew do not count, since every record
/// of the table has one. Writers that find room at the same time all go in, each with its whole batch. Thread-safe.
class EmbeddingLimit {
 public:
  EmbeddingLimit(TenantContext& context, TableRegistry& registry) : context_(context), registry_(registry) {}

  /// Before anybody writes. `max_pending` 0 stands for no limit; `empty`: nothing waits.
  void Configure(uint64_t max_pending, int64_t wait_ms, bool empty) {
    max_pending_ = max_pending;
    wait_ = std::chrono::milliseconds(wait_ms);
    known_ = empty;
  }
  /// Whether AwaitRoom would return at once.
  bool HasRoom() const {
    return max_pending_ == 0 ||
           (known_.load(std::memory_order_acquire) && Length() < static_cast<int64_t>(max_pending_));
  }
  /// Before records are inserted into `table`, with no lock held: returns when there is room. Error(kLimitExceeded)
  /// when there is none in time.
  void AwaitRoom(const Table& table);
  /// The same before a commit of a transaction's changes.
  void AwaitRoom(const CatalogSnapshot& catalog, std::span<const PendingChange> changes);
  /// What was put into the queue, at most, and what was taken out of it.
  void NoteAdded(uint64_t entries) { added_.fetch_add(entries, std::memory_order_relaxed); }
  void NoteSettled(uint64_t entries);
  /// Nobody waits any more: Error(kClosed) for those who do.
  void Stop();

 private:
  using Time = std::chrono::steady_clock::time_point;

  /// About.
  int64_t Length() const { return base_ + added_ - settled_; }
  /// Counts the queue, with `lock` let go meanwhile.
  void Recount(std::unique_lock<std::mutex>& lock);
  uint64_t CountQueue() const;

  TenantContext& context_;
  TableRegistry& registry_;
  uint64_t max_pending_ = 0;
  std::chrono::milliseconds wait_{0};
  std::atomic<int64_t> base_{0};
  std::atomic<int64_t> added_{0};
  std::atomic<int64_t> settled_{0};
  std::atomic<bool> known_{false};  ///< The queue was counted since the database was opened.
  std::atomic<int> waiting_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool counting_ = false;
  bool stopping_ = false;
  Time next_count_{};
};

}  // namespace rem

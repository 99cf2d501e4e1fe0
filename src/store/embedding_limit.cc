#include "store/embedding_limit.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "catalog/tenant_catalog.h"
#include "storage/key_codec.h"
#include "store/embedding_queue.h"
#include "store/embedding_worker.h"
#include "store/table_registry.h"
#include "store/tenant_context.h"

namespace rem {
namespace {

// Counting takes a tenth of the time at most, however long the queue.
constexpr std::chrono::milliseconds kBetweenCounts{50};
constexpr int kCountShare = 10;

bool CountsFor(const VectorColumn& column) { return IsQueued(column) && !column.shadow; }

bool Counts(const Table& table) { return std::any_of(table.vectors.begin(), table.vectors.end(), CountsFor); }

}  // namespace

void EmbeddingLimit::AwaitRoom(const Table& table) {
  if (HasRoom() || !Counts(table)) return;
  std::unique_lock lock(mutex_);
  const Time deadline = std::chrono::steady_clock::now() + wait_;
  bool counted = false;
  while (!stopping_) {
    const Time now = std::chrono::steady_clock::now();
    if (!counting_ && (now >= next_count_ || (!counted && now >= deadline))) {
      Recount(lock);
      counted = true;
    }
    if (HasRoom()) return;
    if (stopping_) break;
    if (now >= deadline && !counting_) break;
    ++waiting_;
    if (counting_) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, std::min(deadline, next_count_));
    }
    --waiting_;
  }
  if (stopping_) {
    throw Error(ErrorCode::kClosed, "The tenant was closed while an insert waited for the embedding worker",
                "nothing was inserted: open it again, unless it was dropped, and repeat the insert");
  }
  const std::string error = context_.embedding->state().last_error;
  throw Error(
      ErrorCode::kLimitExceeded,
      fmt::format("{} records wait for their embeddings, as many as may, and the worker made no room in {} ms{}",
                  std::max<int64_t>(Length(), 0), wait_.count(), error.empty() ? "" : "; its last error: " + error),
      "nothing was inserted: wait for the worker and insert again, see in the embedding status what holds it up, "
      "or open the database with a larger max_pending_embeddings")
      .WithSqlState("53400");
}

void EmbeddingLimit::AwaitRoom(const CatalogSnapshot& catalog, std::span<const PendingChange> changes) {
  if (HasRoom()) return;
  TableId seen = 0;
  for (const PendingChange& change : changes) {
    if (change.entry.operation != ChangeOperation::kInsert) continue;
    if (change.entry.table == std::exchange(seen, change.entry.table)) continue;
    const TablePtr table = catalog.FindById(seen);
    if (table != nullptr) AwaitRoom(*table);
  }
}

void EmbeddingLimit::NoteSettled(uint64_t entries) {
  settled_.fetch_add(static_cast<int64_t>(entries), std::memory_order_relaxed);
  if (waiting_ == 0) return;
  std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void EmbeddingLimit::Stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void EmbeddingLimit::Recount(std::unique_lock<std::mutex>& lock) {
  counting_ = true;
  lock.unlock();
  const Time begin = std::chrono::steady_clock::now();
  // What is added while the queue is counted is counted twice, rather than not at all.
  const int64_t added = added_;
  int64_t entries = 0;
  std::exception_ptr error;
  try {
    entries = static_cast<int64_t>(CountQueue());
  } catch (...) {
    error = std::current_exception();
  }
  const Time end = std::chrono::steady_clock::now();
  lock.lock();
  counting_ = false;
  next_count_ = end + std::max<Time::duration>(kBetweenCounts, (end - begin) * kCountShare);
  if (error == nullptr) {
    base_ = entries - added + settled_;
    known_.store(true, std::memory_order_release);
  }
  changed_.notify_all();
  if (error != nullptr) std::rethrow_exception(error);
}

uint64_t EmbeddingLimit::CountQueue() const {
  uint64_t entries = 0;
  const CatalogPtr catalog = registry_.catalog();  // Kept: definitions may change meanwhile.
  for (const TablePtr& table : catalog->tables()) {
    for (const VectorColumn& column : table->vectors) {
      if (!CountsFor(column)) continue;
      const std::string prefix = EmbeddingPrefix(MetaKind::kPendingEmbedding, table->tenant, table->id, column.number);
      auto it =
          context_.engine->Scan(Family::kMeta, {.lower = prefix, .upper = PrefixEnd(prefix), .fill_cache = false});
      for (it->SeekToFirst(); it->Valid(); it->Next()) ++entries;
    }
  }
  return entries;
}

}  // namespace rem

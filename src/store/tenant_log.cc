#include "store/tenant_log.h"

#include <algorithm>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/check.h"
#include "storage/row_codec.h"

namespace rem {
namespace {

constexpr std::string_view kRowCounts = "row_counts";
constexpr std::string_view kFirstKept = "first_kept";
// An open after a crash replays at most this many entries to know the row counts again.
constexpr uint64_t kCheckpointEvery = 16'384;

}  // namespace

TenantLog::TenantLog(TenantId tenant, uint64_t retention, HybridClock& clock)
    : tenant_(tenant), retention_(std::max<uint64_t>(retention, 1)), clock_(clock) {}

void TenantLog::Recover(const Engine& engine) {
  std::string prefix = TenantPrefix(tenant_);
  auto it = engine.Scan(Family::kLog, {.lower = prefix, .upper = TenantPrefix(tenant_ + 1)});
  it->SeekToLast();
  Sequence last = 0;
  if (it->Valid()) {
    last = SequenceOfLogKey(it->key());
    std::string entry;
    // The clock may have been set back since.
    if (engine.Get(Family::kLog, LogKey(tenant_, last, LogPart::kEntry), entry))
      clock_.Observe(DecodeLogEntry(entry).hybrid_time);
  }
  std::string value;
  Sequence first = 1;
  if (engine.Get(Family::kMeta, MetaKey(tenant_, MetaKind::kCheckpoint, kFirstKept), value)) {
    first = DecodeCheckpoint(value).sequence;
  }
  first_kept_ = first;
  // All entries may have been removed by the retention; the row-count checkpoint then still knows the last number.
  next_ = std::max(last + 1, first);
  RecoverCounts(engine);
  next_ = std::max(next_, checkpointed_ + 1);
  committed_ = next_ - 1;
  touched_.clear();
  stale_ = false;
}

void TenantLog::RecoverCounts(const Engine& engine) {
  checkpointed_ = 0;
  {
    std::lock_guard lock(mutex_);
    for (auto& [table, counted] : counts_) counted.live_rows = 0;
  }
  std::string value;
  if (engine.Get(Family::kMeta, MetaKey(tenant_, MetaKind::kCheckpoint, kRowCounts), value)) {
    Checkpoint checkpoint = DecodeCheckpoint(value);
    checkpointed_ = checkpoint.sequence;
    std::string_view in = checkpoint.payload;
    while (!in.empty()) {
      uint64_t table = 0;
      uint64_t count = 0;
      if (!TakeVarint(in, table) || !TakeVarint(in, count)) {
        throw Error(ErrorCode::kCorruption, "The row-count checkpoint is damaged",
                    "restore the database from a backup");
      }
      CountedFor(static_cast<TableId>(table)).live_rows = static_cast<int64_t>(count);
    }
  }
  auto it = engine.Scan(
      Family::kLog, {.lower = LogKey(tenant_, checkpointed_ + 1, LogPart::kEntry), .upper = TenantPrefix(tenant_ + 1)});
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (static_cast<LogPart>(it->key().back()) != LogPart::kEntry) continue;
    LogEntry entry = DecodeLogEntry(it->value());
    clock_.Observe(entry.hybrid_time);
    if (entry.operation == ChangeOperation::kDropTable) CountedFor(entry.table).live_rows = 0;
    CountedFor(entry.table).live_rows += int{entry.live_after} - int{entry.live_before};
  }
  std::lock_guard lock(mutex_);
  for (auto& [table, counted] : counts_) counted.counters->live_rows = counted.live_rows;
}

TenantLog::Counted& TenantLog::CountedFor(TableId table) {
  std::lock_guard lock(mutex_);
  return counts_[table];
}

std::shared_ptr<TableCounters> TenantLog::Counters(TableId table) { return CountedFor(table).counters; }

void TenantLog::Number(PendingChange& change, size_t handle_shift, Batch& batch) {
  Sequence sequence = next_++;
  change.entry.hybrid_time = clock_.Next();
  if (change.row_handle != PendingChange::kNoRow) {
    batch.PatchFixed64(change.row_handle + handle_shift, kRowSequenceOffset, sequence);
  }
  scratch_.clear();
  AppendLogEntry(scratch_, change.entry);
  batch.Put(Family::kLog, LogKey(tenant_, sequence, LogPart::kEntry), scratch_);
  if (!change.image.empty()) batch.Put(Family::kLog, LogKey(tenant_, sequence, LogPart::kImage), change.image);
  if (change.entry.table != last_table_) {
    last_table_ = change.entry.table;
    last_counted_ = &CountedFor(last_table_);  // The map never moves its elements.
  }
  Counted& counted = *last_counted_;
  if (change.entry.operation == ChangeOperation::kDropTable) counted.live_rows = 0;
  counted.live_rows += int{change.entry.live_after} - int{change.entry.live_before};
  ++counted.changes;
  if (std::find(touched_.begin(), touched_.end(), change.entry.table) == touched_.end())
    touched_.push_back(change.entry.table);
}

void TenantLog::AppendCheckpoint(Batch& batch) const {
  Checkpoint checkpoint;
  checkpoint.sequence = next_ - 1;
  std::lock_guard lock(mutex_);
  for (const auto& [table, counted] : counts_) {
    AppendVarint(checkpoint.payload, table);
    AppendVarint(checkpoint.payload, static_cast<uint64_t>(std::max<int64_t>(counted.live_rows, 0)));
  }
  batch.Put(Family::kMeta, MetaKey(tenant_, MetaKind::kCheckpoint, kRowCounts), EncodeCheckpoint(checkpoint));
}

void TenantLog::Housekeep(Batch& batch) {
  Sequence last = next_ - 1;
  Sequence first = first_kept_.load(std::memory_order_relaxed);
  // A tenth more than the retention is let through, so that range deletions are few.
  bool trim = last - first + 1 > retention_ + retention_ / 10 + 1;
  if (trim || last - checkpointed_ >= kCheckpointEvery) {
    AppendCheckpoint(batch);
    checkpointed_ = last;
  }
  if (!trim) return;
  Sequence keep = last - retention_ + 1;
  // From the very beginning: a change that was prepared before an earlier trim may have left an image behind it.
  batch.DeleteRange(Family::kLog, LogKey(tenant_, 0, LogPart::kEntry), LogKey(tenant_, keep, LogPart::kEntry));
  batch.Put(Family::kMeta, MetaKey(tenant_, MetaKind::kCheckpoint, kFirstKept), EncodeCheckpoint({keep, {}}));
  first_kept_.store(keep, std::memory_order_release);
}

void TenantLog::Publish() {
  for (TableId table : touched_) {
    Counted& counted = CountedFor(table);
    counted.counters->live_rows.store(counted.live_rows, std::memory_order_relaxed);
    counted.counters->changes.store(counted.changes, std::memory_order_relaxed);
  }
  touched_.clear();
  committed_.store(next_ - 1, std::memory_order_release);
}

}  // namespace rem

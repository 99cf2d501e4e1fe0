#include "store/index_builder.h"

#include <algorithm>
#include <chrono>

#include "catalog/computed_values.h"
#include "storage/row_codec.h"
#include "store/record_entries.h"

namespace rem {
namespace {

// Writers wait while this many rows are indexed: a millisecond or two.
constexpr size_t kRowsAtOnce = 512;

}  // namespace

void IndexBuilder::Stop() {
  stopping_ = true;
  std::thread thread;
  {
    std::lock_guard lock(mutex_);
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void IndexBuilder::Wake() {
  std::lock_guard lock(mutex_);
  if (stopping_ || registry_.UnbuiltIndexes().empty()) return;
  wanted_ = true;
  error_ = nullptr;
  if (running_) return;
  if (thread_.joinable()) thread_.join();
  running_ = true;
  thread_ = std::thread([this] { Run(); });
}

bool IndexBuilder::Wait(int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  // Beyond a year, nanoseconds would overflow.
  timeout_ms = std::clamp<int64_t>(timeout_ms, 0, int64_t{365} * 24 * 3600 * 1000);
  bool done = changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return !running_; });
  if (error_) std::rethrow_exception(error_);
  return done;
}

void IndexBuilder::Run() {
  for (;;) {
    std::exception_ptr error;
    try {
      for (auto [table, index] : registry_.UnbuiltIndexes()) {
        if (Build(table, index)) registry_.MarkIndexReady(table, index);
      }
    } catch (...) {
      error = std::current_exception();
    }
    std::lock_guard lock(mutex_);
    // A definition may have changed after the last look; an error waits for the next Wake() or open.
    bool again = !error && !stopping_ && (std::exchange(wanted_, false) || !registry_.UnbuiltIndexes().empty());
    if (again) continue;
    error_ = error;
    running_ = false;
    changed_.notify_all();
    return;
  }
}

bool IndexBuilder::Build(TableId table_id, IndexId index_id) {
  RowId next = 0;
  for (;;) {
    if (stopping_) return false;
    std::shared_lock definitions(context_.definitions);
    TablePtr table = registry_.catalog()->FindById(table_id);
    if (table == nullptr) return false;
    auto index =
        std::find_if(table->indexes.begin(), table->indexes.end(), [&](const auto& i) { return i.id == index_id; });
    if (index == table->indexes.end()) return false;
    if (!BuildRows(*table, *index, next)) return true;
  }
}

bool IndexBuilder::BuildRows(const Table& table, const IndexDefinition& index, RowId& next) {
  RecordLocks::Guard writers = context_.locks.LockAll();
  ScanOptions options;
  options.lower = RowKey(table.tenant, table.id, next);
  options.upper = TablePrefix(table.tenant, table.id + 1);
  options.fill_cache = false;
  auto it = context_.engine->Scan(Family::kRows, std::move(options));
  Commit commit;
  RecordEntries entries;
  const ComputedValues* computed = ComputedValuesOf(table);
  size_t rows = 0;
  for (it->SeekToFirst(); it->Valid() && rows < kRowsAtOnce; it->Next(), ++rows) {
    RowId row = RowIdOfRowKey(it->key());
    next = row + 1;
    RowView view(it->value(), table.keys.get());
    if (view.deleted()) continue;
    const auto whole = computed == nullptr ? std::nullopt : computed->WithIndexed(view.properties());
    AppendIndexEntries(table, index, row, whole ? whole->view() : view.properties(), entries);
  }
  if (rows == 0) return false;
  for (const auto& [family, key] : entries) commit.batch.Put(family, key, {});
  if (!commit.batch.empty()) context_.commits->Run(commit);
  return true;
}

}  // namespace rem

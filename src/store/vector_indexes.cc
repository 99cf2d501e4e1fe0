#include "store/vector_indexes.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <rem/error.h>

#include "base/bytes.h"

namespace rem {

namespace {

// Rows that are added between two looks at whether to stop, with one walk over the engine.
constexpr size_t kRowsAtOnce = 1000;
constexpr size_t kSampleForCentre = 4096;
constexpr size_t kChangesAtOnce = 2048;
// How long changes may wait for the index when no search asks for them.
constexpr std::chrono::milliseconds kIdle{500};
constexpr size_t kRemovedBeforeRepair = 1000;
constexpr size_t kRepairShare = 10;
constexpr Sequence kChangesBeforeSave = 20'000;
constexpr size_t kSaveShare = 5;
// At the end, few changes are sooner taken up again than written with the whole graph.
constexpr Sequence kChangesNotWorthSaving = 500;

struct LoggedRows {
  std::vector<RowId> rows;
  Sequence last = 0;  // the newest entry that was read, `after` when there was none
  size_t entries = 0;
  bool whole = true;           // no entry is missing
  bool table_changed = false;  // the definition of the table
};

// The rows of a table with entries after `after`, in the order of the log.
LoggedRows ReadLog(const Engine& engine, TenantId tenant, TableId table, Sequence after, size_t limit,
                   const EngineSnapshot* snapshot) {
  LoggedRows read;
  read.last = after;
  ScanOptions options;
  options.snapshot = snapshot;
  options.lower = LogKey(tenant, after + 1, LogPart::kEntry);
  options.upper = TenantPrefix(tenant + 1);
  auto it = engine.Scan(Family::kLog, std::move(options));
  for (it->SeekToFirst(); it->Valid() && read.entries < limit; it->Next()) {
    if (static_cast<LogPart>(it->key().back()) != LogPart::kEntry) continue;
    const Sequence sequence = SequenceOfLogKey(it->key());
    if (sequence != read.last + 1) read.whole = false;
    read.last = sequence;
    ++read.entries;
    const LogEntry entry = DecodeLogEntry(it->value());
    if (entry.table != table) continue;
    if (entry.operation == ChangeOperation::kSchema || entry.operation == ChangeOperation::kDropTable) {
      read.table_changed = true;
    } else {
      read.rows.push_back(entry.row);
    }
  }
  return read;
}

void SortUnique(std::vector<RowId>& rows) {
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

bool LoadVector(std::string_view bytes, size_t dimension, VectorValue& out) {
  if (bytes.size() != dimension * sizeof(float)) return false;
  out.resize(dimension);
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return true;
}

}  // namespace

std::shared_ptr<const TableVectorIndex> VectorIndexes::Find(const Table& table, const VectorColumn& column,
                                                            VectorMetric metric) {
  if (column.dimension == 0 || column.dimension > HnswOptions::kMaxDimension) return nullptr;
  std::lock_guard lock(mutex_);
  const auto fitting = [&](const Place& place) {
    const bool fits = place.index != nullptr && place.index->graph().options().dimension == column.dimension;
    return fits ? place.index : nullptr;
  };
  if (metric != VectorMetric::kCosine) {
    if (const auto cosine = places_.find({table.id, column.number, VectorMetric::kCosine}); cosine != places_.end()) {
      // Once it is there, it tells whether it can serve.
      if (cosine->second.index == nullptr && !cosine->second.refused) return nullptr;
      if (auto index = fitting(cosine->second); index != nullptr && index->unit_lengths()) return index;
    }
  }
  const Key key{table.id, column.number, metric};
  if (const auto found = places_.find(key); found != places_.end()) return fitting(found->second);
  if (stopping_ || table.counters->live_rows.load() < settings_.min_rows) return nullptr;
  AskFor(key, table, column);
  return nullptr;
}

void VectorIndexes::AskFor(const Key& key, const Table& table, const VectorColumn& column) {
  Place place;
  place.table = std::make_shared<const Table>(table);
  place.column = column;
  place.metric = key.metric;
  places_.emplace(key, std::move(place));
  awake_ = true;
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.notify_all();
}

std::optional<std::vector<RowId>> VectorIndexes::ChangedSince(const Table& table, Sequence after, size_t limit) {
  LoggedRows read = ReadLog(*context_.engine, context_.tenant, table.id, after, limit + 1, nullptr);
  if (read.entries > kChangesAtOnce / 4 || !read.whole) Wake();
  const bool missing = read.entries == 0 && context_.log->committed() > after;
  if (read.entries > limit || !read.whole || missing || read.table_changed) {
    Wake();
    return std::nullopt;
  }
  SortUnique(read.rows);
  return std::move(read.rows);
}

void VectorIndexes::Wake() {
  std::lock_guard lock(mutex_);
  awake_ = true;
  changed_.notify_all();
}

bool VectorIndexes::WaitForAll(int64_t timeout_ms) {
  const Sequence until = context_.log->committed();
  std::unique_lock lock(mutex_);
  if (places_.empty()) return true;
  awake_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] {
    if (busy_ || awake_) return false;
    return std::all_of(places_.begin(), places_.end(), [&](const auto& entry) {
      const Place& place = entry.second;
      return place.refused || (place.index != nullptr && place.index->applied() >= until);
    });
  });
}

size_t VectorIndexes::memory_bytes() const {
  std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const auto& [key, place] : places_) {
    if (place.index != nullptr) bytes += place.index->memory_bytes();
  }
  return bytes;
}

void VectorIndexes::Stop() {
  std::thread thread;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void VectorIndexes::Run() noexcept {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    awake_ = false;
    busy_ = true;
    lock.unlock();
    const bool more = WorkOnce();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
    if (!more) changed_.wait_for(lock, kIdle, [&] { return awake_ || stopping_; });
  }
}

// One round over all indexes. True when there is more to do at once.
bool VectorIndexes::WorkOnce() {
  std::vector<std::pair<Key, Place>> round;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, place] : places_) {
      if (!place.refused) round.emplace_back(key, place);
    }
  }
  bool more = false;
  for (auto& [key, place] : round) {
    if (stopping_) return false;
    Progress progress = Progress::kInvalid;
    std::shared_ptr<TableVectorIndex> made;
    Sequence saved = place.saved;
    try {
      if (place.index == nullptr) {
        if (ServeByCosine(key, place)) {
          more = true;
          continue;
        }
        made = LoadOrMake(place, saved);
        progress = made == nullptr ? Progress::kFull : Progress::kDone;
      } else {
        progress = CatchUp(place, *place.index);
      }
      if (progress == Progress::kInvalid && files_ != nullptr) files_->Delete(key.table, key.column, key.metric);
      if (made != nullptr) place.index = made;
      if (progress == Progress::kDone) SaveIfDue(place, saved);
    } catch (...) {
      // Searches do without the index; what is wrong with the engine shows where it is read for an answer.
      progress = Progress::kFull;
    }
    if (stopping_) return false;
    std::lock_guard lock(mutex_);
    places_[key].saved = saved;
    more |= progress == Progress::kMore;
    if (progress == Progress::kInvalid) {
      // The next search asks for a new one, of the table as it is then.
      places_.erase(key);
    } else if (progress == Progress::kFull) {
      places_[key].index = nullptr;
      places_[key].refused = true;
    } else if (made != nullptr) {
      places_[key].index = std::move(made);
    }
  }
  return more;
}

bool VectorIndexes::ServeByCosine(const Key& key, const Place& place) {
  if (key.metric == VectorMetric::kCosine) return false;
  const Key cosine{key.table, key.column, VectorMetric::kCosine};
  {
    std::lock_guard lock(mutex_);
    if (places_.contains(cosine)) return false;
  }
  if (!TakeSample(place).unit_lengths) return false;
  std::lock_guard lock(mutex_);
  places_.erase(key);
  if (!places_.contains(cosine)) AskFor(cosine, *place.table, place.column);
  return true;
}

std::shared_ptr<TableVectorIndex> VectorIndexes::LoadOrMake(const Place& place, Sequence& saved) {
  if (files_ != nullptr) {
    auto index =
        files_->Load(place.table->id, place.column, place.metric, settings_.memory_limit, settings_.cache_bytes);
    while (index != nullptr && !stopping_) {
      const Sequence loaded = index->applied();
      const Progress progress = CatchUp(place, *index);
      if (saved == 0) saved = loaded;
      if (progress == Progress::kDone) return index;
      if (progress == Progress::kInvalid || progress == Progress::kFull) break;
    }
  }
  saved = 0;
  return stopping_ ? nullptr : Make(place);
}

// A file is as good as new while little has changed since: what is missing comes from the log.
void VectorIndexes::SaveIfDue(const Place& place, Sequence& saved) const {
  if (files_ == nullptr) return;
  const Sequence applied = place.index->applied();
  const Sequence behind = std::max<Sequence>(kChangesBeforeSave, place.index->graph().size() / kSaveShare);
  if (saved != 0 && applied - saved < behind) return;
  try {
    files_->Save(*place.index);
  } catch (const Error&) {
    // Without the file the next opening makes the index again. Not tried before as much has changed once more.
  }
  saved = applied;
}

void VectorIndexes::Save() noexcept {
  if (files_ == nullptr) return;
  for (auto& [key, place] : places_) {
    if (place.index == nullptr || place.saved + kChangesNotWorthSaving >= place.index->applied()) continue;
    try {
      files_->Save(*place.index);
    } catch (...) {
      // As in SaveIfDue.
    }
  }
}

void VectorIndexes::DeleteFiles() const {
  if (files_ != nullptr) files_->DeleteAll();
}

// nullptr when it cannot hold the column, or when there is no time left.
std::shared_ptr<TableVectorIndex> VectorIndexes::Make(const Place& place) {
  HnswOptions options;
  options.dimension = place.column.dimension;
  options.m = settings_.m;
  options.ef_construction = settings_.ef_construction;
  options.memory_limit = settings_.memory_limit;
  options.metric = place.metric;
  if (place.metric != VectorMetric::kInnerProduct) options.centre = TakeSample(place).mean;
  // What changes from here on is taken up from the log, whether the walk below saw it or not.
  auto index = std::make_shared<TableVectorIndex>(place.table->id, place.column, std::make_unique<HnswIndex>(options),
                                                  context_.log->committed(), settings_.cache_bytes);
  if (!AddRows(place, *index)) return nullptr;
  for (;;) {
    const Progress progress = CatchUp(place, *index);
    if (progress == Progress::kDone) return index;
    if (progress != Progress::kMore || stopping_) return nullptr;
  }
}

VectorIndexes::Sample VectorIndexes::TakeSample(const Place& place) const {
  const size_t dimension = place.column.dimension;
  Sample sample;
  sample.mean.assign(dimension, 0.0f);
  const std::string prefix = VectorPrefix(context_.tenant, place.table->id, place.column.number);
  auto it = context_.engine->Scan(Family::kVectors, {.lower = prefix, .upper = PrefixEnd(prefix), .fill_cache = false});
  VectorValue vector;
  size_t count = 0;
  for (it->SeekToFirst(); it->Valid() && count < kSampleForCentre; it->Next()) {
    if (!LoadVector(it->value(), dimension, vector)) continue;
    const float squared = BestKernels().dot(vector.data(), vector.data(), dimension);
    sample.unit_lengths &= IsUnitLength(squared);
    if (!(squared > 0) || !std::isfinite(squared)) continue;
    // Divided one by one: the sum of large vectors might overflow.
    const float scale = (place.metric == VectorMetric::kCosine ? 1 / std::sqrt(squared) : 1.0f) / kSampleForCentre;
    for (size_t d = 0; d < dimension; ++d) sample.mean[d] += vector[d] * scale;
    ++count;
  }
  const float whole = static_cast<float>(kSampleForCentre) / static_cast<float>(std::max<size_t>(count, 1));
  for (float& value : sample.mean) value *= whole;
  return sample;
}

bool VectorIndexes::AddRows(const Place& place, TableVectorIndex& index) {
  const size_t dimension = place.column.dimension;
  const std::string prefix = VectorPrefix(context_.tenant, place.table->id, place.column.number);
  VectorValue vector;
  std::string lower = prefix;
  for (;;) {
    // A new walk now and then, so that none holds back for long what the engine wants to reclaim.
    auto it =
        context_.engine->Scan(Family::kVectors, {.lower = lower, .upper = PrefixEnd(prefix), .fill_cache = false});
    size_t rows = 0;
    for (it->SeekToFirst(); it->Valid() && rows < kRowsAtOnce; it->Next(), ++rows) {
      if (stopping_) return false;
      const RowId row = LoadBig64(it->key().data() + prefix.size());
      lower = VectorKey(context_.tenant, place.table->id, place.column.number, row + 1);
      if (LoadVector(it->value(), dimension, vector) && !index.Put(row, vector)) return false;
    }
    if (rows < kRowsAtOnce) return true;
  }
}

VectorIndexes::Progress VectorIndexes::CatchUp(const Place& place, TableVectorIndex& index) {
  const auto snapshot = context_.engine->NewSnapshot();
  LoggedRows read =
      ReadLog(*context_.engine, context_.tenant, place.table->id, index.applied(), kChangesAtOnce, snapshot.get());
  if (!read.whole || read.table_changed) return Progress::kInvalid;
  SortUnique(read.rows);
  std::string bytes;
  VectorValue vector;
  for (const RowId row : read.rows) {
    if (stopping_) return Progress::kMore;
    const std::string key = VectorKey(context_.tenant, place.table->id, place.column.number, row);
    if (!context_.engine->Get(Family::kVectors, key, bytes, snapshot.get())) {
      index.Remove(row);
    } else if (!LoadVector(bytes, place.column.dimension, vector)) {
      return Progress::kInvalid;
    } else if (!index.Put(row, vector)) {
      return Progress::kFull;
    }
  }
  HnswIndex& graph = index.graph();
  if (graph.removed() > kRemovedBeforeRepair && graph.removed() > graph.size() / kRepairShare) graph.Repair();
  index.set_applied(read.last);
  return read.entries == kChangesAtOnce ? Progress::kMore : Progress::kDone;
}

}  // namespace rem

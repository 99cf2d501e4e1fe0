#include "store/vector_indexes.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include <rem/error.h>

#include "base/bytes.h"
#include "schema/vector_index_definition.h"
#include "store/parallel.h"

namespace rem {

namespace {

// Rows that are added between two looks at whether to stop, with one walk over the engine.
constexpr size_t kRowsAtOnce = 1000;
// From so many on it is worth waking other threads.
constexpr size_t kRowsForThreads = 64;
constexpr size_t kNodesForThreads = 2000;
constexpr size_t kSampleForCentre = 4096;
constexpr size_t kChangesAtOnce = 2048;
// How long changes may wait for the index when no search asks for them.
constexpr std::chrono::milliseconds kIdle{500};
constexpr size_t kRemovedBeforeRepair = 1000;
constexpr size_t kRepairShare = 10;
// While nothing changes, fewer are worth it: each lengthens searches.
constexpr size_t kRemovedBeforeIdleRepair = 100;
constexpr size_t kIdleRepairShare = 100;
constexpr Sequence kChangesBeforeSave = 20'000;
constexpr size_t kSaveShare = 5;
// At the end, few changes are sooner taken up again than written with the whole graph.
constexpr Sequence kChangesNotWorthSaving = 500;
// How fast a search looks at every vector, about; and bounds in seconds of how long it waits for a file instead.
constexpr double kScannedBytesPerSecond = 7e8;
constexpr double kLeastWait = 2, kMostWait = 10;

struct LoggedRows {
  std::vector<RowId> rows;
  Sequence last = 0;  // the newest entry that was read, `after` when there was none
  size_t entries = 0;
  bool whole = true;           // no entry is missing
  bool table_changed = false;  // the definition of the table
  bool purged = false;         // a row of it, at least
};

// The rows of a table with entries after `after`, in the order of the log, for who looks at one column.
LoggedRows ReadLog(const Engine& engine, TenantId tenant, TableId table, ColumnNumber column, Sequence after,
                   size_t limit, const EngineSnapshot* snapshot) {
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
      // A column that takes another one's place brings its vectors with it.
      read.table_changed |= entry.row != kVectorsStay && (entry.row == 0 || entry.row != column);
    } else {
      read.rows.push_back(entry.row);
      read.purged |= entry.operation == ChangeOperation::kPurge;
    }
  }
  return read;
}

VectorIndexLimits LimitsOf(const VectorIndexSettings& settings) {
  // The vectors that searches keep are the first to go without, and take half of the memory at most.
  return {settings.m, settings.ef_construction, settings.codes, settings.memory_limit,
          std::min(settings.cache_bytes, settings.memory_limit / 2)};
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
  std::unique_lock lock(mutex_);
  const Key key{table.id, column.number, metric};
  const auto made = [](const Place& place) { return place.index != nullptr || place.refused; };
  for (;;) {
    const auto fitting = [&](const Place& place) {
      const bool fits = place.index != nullptr && place.index->graph().options().dimension == column.dimension;
      return fits ? place.index : nullptr;
    };
    const auto own = places_.find(key);
    if (own != places_.end() && own->second.index != nullptr) return fitting(own->second);
    const auto cosine = places_.find({table.id, column.number, VectorMetric::kCosine});
    if (metric != VectorMetric::kCosine && cosine != places_.end()) {
      // Once it is there, it tells whether it can serve.
      if (!made(cosine->second)) {
        if (WaitForFile(cosine->second, lock)) continue;
        return nullptr;
      }
      if (auto index = fitting(cosine->second); index != nullptr && index->unit_lengths()) return index;
    }
    if (own == places_.end()) {
      if (stopping_ || table.counters->live_rows.load() < settings_.min_rows) return nullptr;
      AskFor(key, table, column);
    } else if (made(own->second) || !WaitForFile(own->second, lock)) {
      return nullptr;
    }
  }
}

// False when an index that is not there need not be waited for any longer. The place may be gone afterwards.
bool VectorIndexes::WaitForFile(const Place& place, std::unique_lock<std::mutex>& lock) {
  const auto until = place.wait_until;
  if (stopping_ || std::chrono::steady_clock::now() >= until) return false;
  changed_.wait_until(lock, until);
  return true;
}

void VectorIndexes::MakeDeclared(const Table& table) {
  for (const VectorIndexDefinition& declared : ReadVectorIndexes(table.schema.json_schema)) {
    const VectorColumn* column = table.FindVector(declared.column);
    if (column == nullptr || column->dimension == 0 || column->dimension > HnswOptions::kMaxDimension) continue;
    const std::lock_guard lock(mutex_);
    const Key key{table.id, column->number, static_cast<VectorMetric>(declared.metric)};
    if (stopping_ || places_.contains(key) || table.counters->live_rows.load() < settings_.min_rows) continue;
    AskFor(key, table, *column);
  }
}

void VectorIndexes::AskFor(const Key& key, const Table& table, const VectorColumn& column) {
  Place place;
  place.table = std::make_shared<const Table>(table);
  place.column = column;
  place.metric = key.metric;
  place.settings = SettingsFor(key, table, column);
  if (files_ != nullptr && !column.shadow && files_->BytesOf(key.table, key.column, key.metric) > 0) {
    // Reading the file takes a part of the time that a look at all vectors does.
    const auto bytes =
        static_cast<double>(table.counters->live_rows.load()) * static_cast<double>(column.dimension) * sizeof(float);
    const std::chrono::duration<double> scan(std::clamp(bytes / kScannedBytesPerSecond, kLeastWait, kMostWait));
    place.wait_until = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::milliseconds>(scan);
  }
  places_.emplace(key, std::move(place));
  without_file_.erase(key);
  awake_ = true;
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.notify_all();
}

void VectorIndexes::ForgetFiles(const Table& table) {
  if (files_ == nullptr) return;
  std::lock_guard lock(mutex_);
  for (const VectorColumn& column : table.vectors) {
    for (const VectorMetric metric : {VectorMetric::kCosine, VectorMetric::kInnerProduct, VectorMetric::kL2}) {
      const Key key{table.id, column.number, metric};
      const auto place = places_.find(key);
      if (place != places_.end() && !place->second.refused) continue;
      if (without_file_.insert(key).second) files_->Delete(key.table, key.column, metric);
    }
  }
}

std::optional<std::vector<RowId>> VectorIndexes::ChangedSince(const Table& table, const VectorColumn& column,
                                                              Sequence after, size_t limit) {
  // Mostly nothing has changed, which is sooner said by asking for the next entry: there are none behind a missing one.
  std::string next;
  if (!context_.engine->Get(Family::kLog, LogKey(context_.tenant, after + 1, LogPart::kEntry), next) &&
      context_.log->committed() <= after)
    return std::vector<RowId>();
  LoggedRows read = ReadLog(*context_.engine, context_.tenant, table.id, column.number, after, limit + 1, nullptr);
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
    try {
      if (place.index == nullptr) {
        if (ServeByCosine(key, place)) {
          more = true;
          continue;
        }
        made = LoadOrMake(place);
        progress = made != nullptr ? Progress::kDone : place.invalid ? Progress::kInvalid : Progress::kFull;
      } else {
        progress = CatchUp(place, *place.index);
      }
      if (progress == Progress::kInvalid && files_ != nullptr) files_->Delete(key.table, key.column, key.metric);
      if (made != nullptr) {
        place.index = made;
        const std::lock_guard lock(mutex_);
        places_[key].index = made;
        changed_.notify_all();
      }
      if (progress == Progress::kDone) {
        ForgetPurged(place);
        SaveIfDue(place);
        SampleRecall(place);
      }
    } catch (...) {
      // Searches do without the index; what is wrong with the engine shows where it is read for an answer.
      progress = Progress::kFull;
    }
    if (stopping_) return false;
    std::lock_guard lock(mutex_);
    places_[key].saved = place.saved;
    places_[key].purged = place.purged;
    places_[key].forgot = place.forgot;
    more |= progress == Progress::kMore;
    if (progress == Progress::kInvalid) {
      // The next search asks for a new one, of the table as it is then.
      places_.erase(key);
    } else if (progress == Progress::kFull) {
      places_[key].index = nullptr;
      places_[key].refused = true;
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

std::shared_ptr<TableVectorIndex> VectorIndexes::LoadOrMake(Place& place) {
  if (files_ != nullptr && !place.column.shadow) {
    auto index = files_->Load(place.table->id, place.column, place.metric, LimitsOf(place.settings));
    while (index != nullptr && !stopping_) {
      const Sequence loaded = index->applied();
      const Progress progress = CatchUp(place, *index, false);
      if (place.saved == 0 && !place.purged) place.saved = loaded;
      if (progress == Progress::kDone) {
        if (const auto known = files_->LoadRecall(place.table->id, place.column.number, place.metric))
          index->sampler().Restore(*known);
        return index;
      }
      if (progress == Progress::kInvalid || progress == Progress::kFull) break;
    }
  }
  place.saved = 0;
  place.purged = false;
  {
    // Nobody waits for one that is made from the vectors.
    const std::lock_guard lock(mutex_);
    const auto asked = places_.find({place.table->id, place.column.number, place.metric});
    if (asked != places_.end()) asked->second.wait_until = {};
    changed_.notify_all();
  }
  return stopping_ ? nullptr : Make(place);
}

// A file is as good as new while little has changed since: what is missing comes from the log.
void VectorIndexes::SaveIfDue(Place& place) const {
  // The file of a shadow would not know what was stored before it was read again.
  if (files_ == nullptr || place.purged || place.column.shadow) return;
  const Sequence applied = place.index->applied();
  const Sequence behind = std::max<Sequence>(kChangesBeforeSave, place.index->graph().size() / kSaveShare);
  if (place.saved != 0 && applied - place.saved < behind) return;
  try {
    files_->Save(*place.index);
  } catch (const Error&) {
    // Without the file the next opening makes the index again. Not tried before as much has changed once more.
  }
  place.saved = applied;
}

void VectorIndexes::Save() noexcept {
  if (files_ == nullptr) return;
  for (auto& [key, place] : places_) {
    if (place.index == nullptr || place.column.shadow) continue;
    const RecallSampler::State recall = place.index->sampler().state();
    if (recall.samples > 0) files_->SaveRecall(key.table, key.column, key.metric, recall);
    if (!place.purged && place.saved + kChangesNotWorthSaving >= place.index->applied()) continue;
    try {
      if (place.purged) {
        place.index->graph().Repair();
        if (!place.index->graph().Scrub()) {
          // A search that goes on holds the codes. The index is made again at the next opening instead.
          files_->Delete(key.table, key.column, key.metric);
          continue;
        }
      }
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
std::shared_ptr<TableVectorIndex> VectorIndexes::Make(Place& place) {
  HnswOptions options;
  options.dimension = place.column.dimension;
  options.m = place.settings.m;
  options.ef_construction = place.settings.ef_construction;
  options.codes = place.settings.codes;
  options.memory_limit = place.settings.memory_limit;
  options.metric = place.metric;
  if (place.metric != VectorMetric::kInnerProduct) options.centre = TakeSample(place).mean;
  // What changes from here on is taken up from the log, whether the walk below saw it or not.
  auto index = std::make_shared<TableVectorIndex>(place.table->id, place.column, std::make_unique<HnswIndex>(options),
                                                  context_.log->committed(), LimitsOf(place.settings).cache_bytes);
  if (!AddRows(place, *index)) return nullptr;
  for (;;) {
    const Progress progress = CatchUp(place, *index);
    if (progress == Progress::kDone) return index;
    place.invalid = progress == Progress::kInvalid;
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
  std::vector<std::pair<RowId, VectorValue>> put;
  std::string lower = prefix;
  for (;;) {
    // A new walk now and then, so that none holds back for long what the engine wants to reclaim.
    auto it =
        context_.engine->Scan(Family::kVectors, {.lower = lower, .upper = PrefixEnd(prefix), .fill_cache = false});
    size_t rows = 0;
    put.clear();
    for (it->SeekToFirst(); it->Valid() && rows < kRowsAtOnce; it->Next(), ++rows) {
      const RowId row = LoadBig64(it->key().data() + prefix.size());
      lower = VectorKey(context_.tenant, place.table->id, place.column.number, row + 1);
      if (LoadVector(it->value(), dimension, vector)) put.emplace_back(row, vector);
    }
    it.reset();
    if (!PutAll(put, index) || stopping_) return false;
    if (rows < kRowsAtOnce) return true;
  }
}

// Inserts take far longer than reading the vectors, and go on side by side. False when the index can hold no more.
bool VectorIndexes::PutAll(const std::vector<std::pair<RowId, VectorValue>>& rows, TableVectorIndex& index) const {
  std::atomic<bool> full{false};
  // The first nodes have to see each other: all later ones are found through them.
  const bool alone = rows.size() < kRowsForThreads || index.graph().size() < kNodesForThreads;
  ParallelFor(alone ? nullptr : context_.workers, rows.size(), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end && !full && !stopping_; ++i) {
      if (!index.Put(rows[i].first, rows[i].second)) full = true;
    }
  });
  return !full;
}

void VectorIndexes::ForgetPurged(Place& place) const {
  if (!place.purged) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - place.forgot < std::chrono::milliseconds(place.settings.forget_purged_ms)) return;
  HnswIndex& graph = place.index->graph();
  graph.Repair();
  if (!graph.Scrub()) return;
  if (files_ != nullptr && !place.column.shadow) {
    try {
      files_->Save(*place.index);
      place.saved = place.index->applied();
    } catch (const Error&) {
      return;
    }
  }
  place.purged = false;
  place.forgot = now;
}

void VectorIndexes::SampleRecall(const Place& place) const {
  const TableVectorIndex& index = *place.index;
  const auto begin = std::chrono::steady_clock::now();
  const auto query = index.sampler().Take(begin);
  if (!query || query->size() != place.column.dimension) return;
  const auto nearness = [&](const VectorValue& vector) {
    const DistanceKernels& kernels = BestKernels();
    if (place.metric == VectorMetric::kL2) return -kernels.squared_l2(query->data(), vector.data(), vector.size());
    const float product = kernels.dot(query->data(), vector.data(), vector.size());
    if (place.metric == VectorMetric::kInnerProduct) return product;
    const float squared = kernels.dot(vector.data(), vector.data(), vector.size());
    return squared > 0 ? product / std::sqrt(squared) : 0.0f;
  };
  // Ten values, the least in front.
  std::vector<float> exact, found;
  const auto offer = [](std::vector<float>& best, float value) {
    if (best.size() == RecallSampler::kTop && !(value > best.front())) return;
    if (best.size() == RecallSampler::kTop) {
      std::ranges::pop_heap(best, std::greater<>());
      best.pop_back();
    }
    best.push_back(value);
    std::ranges::push_heap(best, std::greater<>());
  };
  const auto snapshot = context_.engine->NewSnapshot();
  const size_t ef = index.sampler().ef();
  const std::string prefix = VectorPrefix(context_.tenant, place.table->id, place.column.number);
  std::string bytes;
  VectorValue vector;
  for (const HnswCandidate& candidate : index.graph().Search({*query, 2 * RecallSampler::kTop, ef})) {
    const std::string key = VectorKey(context_.tenant, place.table->id, place.column.number, candidate.row);
    if (context_.engine->Get(Family::kVectors, key, bytes, snapshot.get()) &&
        LoadVector(bytes, place.column.dimension, vector))
      offer(found, nearness(vector));
  }
  auto it = context_.engine->Scan(
      Family::kVectors, {.snapshot = snapshot.get(), .lower = prefix, .upper = PrefixEnd(prefix), .fill_cache = false});
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (stopping_) return;
    // A row that came since is no miss of the graph.
    if (!index.graph().Contains(LoadBig64(it->key().data() + prefix.size()))) continue;
    if (LoadVector(it->value(), place.column.dimension, vector)) offer(exact, nearness(vector));
  }
  if (exact.empty()) return;
  const float least = exact.front();
  const auto hits = std::ranges::count_if(found, [&](float value) { return value >= least; });
  const auto end = std::chrono::steady_clock::now();
  index.sampler().Add(std::min(static_cast<size_t>(hits), exact.size()), exact.size(), ef, end, end - begin);
  // What was learned at some cost shall outlive a crash.
  if (files_ != nullptr && index.sampler().ef() != ef)
    files_->SaveRecall(place.table->id, place.column.number, place.metric, index.sampler().state());
}

VectorIndexes::Progress VectorIndexes::CatchUp(Place& place, TableVectorIndex& index, bool repairs) {
  const auto snapshot = context_.engine->NewSnapshot();
  LoggedRows read = ReadLog(*context_.engine, context_.tenant, place.table->id, place.column.number, index.applied(),
                            kChangesAtOnce, snapshot.get());
  if (!read.whole || read.table_changed) return Progress::kInvalid;
  if (read.purged) {
    place.purged = true;
    // Not before they are out of the graph is it written again: a crash must not leave their codes on disk.
    if (files_ != nullptr) files_->Delete(place.table->id, place.column.number, place.metric);
    place.saved = 0;
  }
  SortUnique(read.rows);
  std::string bytes;
  VectorValue vector;
  std::vector<std::pair<RowId, VectorValue>> put;
  for (const RowId row : read.rows) {
    if (stopping_) return Progress::kMore;
    const std::string key = VectorKey(context_.tenant, place.table->id, place.column.number, row);
    if (!context_.engine->Get(Family::kVectors, key, bytes, snapshot.get())) {
      index.Remove(row);
    } else if (!LoadVector(bytes, place.column.dimension, vector)) {
      return Progress::kInvalid;
    } else {
      put.emplace_back(row, vector);
    }
  }
  if (!PutAll(put, index)) return Progress::kFull;
  // Some may be missing then.
  if (stopping_) return Progress::kMore;
  HnswIndex& graph = index.graph();
  const bool idle = read.entries == 0;
  if (repairs && graph.removed() > (idle ? kRemovedBeforeIdleRepair : kRemovedBeforeRepair) &&
      graph.removed() > graph.size() / (idle ? kIdleRepairShare : kRepairShare)) {
    graph.Repair();
  }
  index.set_applied(read.last);
  return read.entries == kChangesAtOnce ? Progress::kMore : Progress::kDone;
}

}  // namespace rem

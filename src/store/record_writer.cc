#include "store/record_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "store/parallel.h"
#include "store/record_entries.h"
#include "store/record_place.h"
#include "store/row_remover.h"
#include "store/row_vectors.h"
#include "store/unique_keys.h"

namespace rem {
namespace {

// From this many records on, a batch of new records goes in as sorted files, and is validated and encoded by two
// threads.
constexpr size_t kBulkRecords = 20'000;
constexpr size_t kParallelRecords = 2'000;

// What a key of a record's entry takes, about, and an entry of the change log as a whole. Only guides reservations.
constexpr size_t kEntryBytes = 48;
constexpr size_t kLogEntryBytes = 64;

[[noreturn]] void ThrowNoRecord(const Uuid& id) {
  throw Error(ErrorCode::kRecordNotFound, fmt::format("There is no record {}", id.ToString()),
              "it may be deleted (restore it) or belong to another tenant");
}

std::string BigTable(TableId table) {
  std::string out;
  AppendBig32(out, table);
  return out;
}

}  // namespace

struct RecordWriter::Prepared {
  RecordInput input;
  Uuid id;
  /// Made for this insert, so nothing can be there under it.
  bool fresh = false;
};

struct RecordWriter::Existing {
  TablePtr table;
  RowId row = 0;
  std::string bytes;
  RowView view() const { return RowView(bytes, table->keys.get()); }
};

RecordLocks::Guard RecordWriter::Lock(std::span<const Uuid> ids) {
  return target_ == nullptr ? context_.locks.LockMany(ids) : RecordLocks::Guard();
}

void RecordWriter::Submit(Commit& commit) {
  if (target_ == nullptr) {
    context_.commits->Run(commit);
    context_.WakeEmbedding(*catalog(), commit.changes);
  } else {
    target_->Submit(commit);
  }
}

void RecordWriter::SettleDimension(TableId table, std::string_view column, uint32_t dimension) {
  if (target_ != nullptr && target_->SettleDimension(table, column, dimension)) return;
  registry_.SetVectorDimension(table, column, dimension);
  if (target_ == nullptr) return;
  throw Error(
      ErrorCode::kConflict,
      fmt::format("Vector column \"{}\" took its dimension from this record, after the transaction began", column),
      "run the transaction again from its beginning");
}

std::optional<std::pair<std::string, uint32_t>> RecordWriter::Prepare(const Table& table,
                                                                      std::span<const Document> records,
                                                                      std::vector<Prepared>& out) const {
  out.resize(records.size());
  std::mutex mutex;
  std::optional<std::pair<std::string, uint32_t>> dimension;
  ParallelFor(
      records.size() < kParallelRecords ? nullptr : context_.workers, records.size(), [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) {
          RecordInput input = ReadRecordInput(table, WithDefaults(table, records[i]), context_.max_record_bytes);
          CheckRules(table, input);
          // A column without a dimension takes the first vector's; then the whole batch is prepared again under
          // the new definition.
          if (const VectorChange* change = FindDimensionToSet(table, input)) {
            std::lock_guard lock(mutex);
            dimension = std::pair(change->column->name, static_cast<uint32_t>(change->vector->size()));
            return;
          }
          auto id = DeriveRecordId(table, input);
          if (!id) id = FindByPrimaryKey(table, input.properties);
          out[i].fresh = !id.has_value();
          out[i].id = id ? *id : NewUuid(Now());
          AppendAutomaticVectors(table, input.properties, input.vectors);
          out[i].input = std::move(input);
        }
      });
  return dimension;
}

std::vector<Uuid> RecordWriter::Insert(std::string_view table_name, std::span<const Document> records,
                                       const InsertOptions& options) {
  for (;;) {
    std::shared_lock definitions(context_.definitions);
    context_.CheckNotDropped();
    TablePtr table = catalog()->Get(table_name);
    std::vector<Prepared> prepared;
    auto dimension = Prepare(*table, records, prepared);
    if (!dimension) return InsertLocked(*table, prepared, options);
    definitions.unlock();
    SettleDimension(table->id, dimension->first, dimension->second);
  }
}

Document RecordWriter::WithDefaults(const Table& table, const Document& record) const {
  if (table.rules == nullptr) {
    REM_CHECK(!NeedsRowRules(table.schema));
    return record;
  }
  return table.rules->WithDefaults(
      record, Now(), [&](std::string_view column) { return registry_.sequences().Next(table.id, column); });
}

void RecordWriter::CheckRules(const Table& table, const RecordInput& input) const {
  if (table.rules != nullptr) table.rules->Check(input.properties, Now());
}

Uuid RecordWriter::IdOfRow(const Table& table, RowId row) const {
  std::string bytes;
  if (!reader().Get(Family::kRows, RowKey(context_.tenant, table.id, row), bytes)) {
    throw Error(ErrorCode::kCorruption,
                fmt::format("An index of table \"{}\" leads to row {}, which is missing", table.name(), row),
                "restore the database from a backup");
  }
  return RowView(bytes, table.keys.get()).id();
}

std::optional<Uuid> RecordWriter::FindByPrimaryKey(const Table& table, const DocumentView& properties) const {
  if (!table.schema.made_by_sql) return std::nullopt;
  for (const UniqueKey& key : UniqueKeysOf(table, properties)) {
    if (!key.index->field.primary) continue;
    if (const auto row = FindDuplicate(reader(), table, key, properties, 0)) return IdOfRow(table, *row);
  }
  return std::nullopt;
}

Uuid RecordWriter::InsertNew(std::string_view table_name, const Document& record, std::vector<Obstacle>& obstacles) {
  for (;;) {
    std::shared_lock definitions(context_.definitions);
    context_.CheckNotDropped();
    CatalogPtr tables = catalog();
    TablePtr table = tables->Get(table_name);
    RecordInput input = ReadRecordInput(*table, WithDefaults(*table, record), context_.max_record_bytes);
    CheckRules(*table, input);
    if (const VectorChange* change = FindDimensionToSet(*table, input)) {
      const std::string column = change->column->name;
      const auto dimension = static_cast<uint32_t>(change->vector->size());
      definitions.unlock();
      SettleDimension(table->id, column, dimension);
      continue;
    }
    const auto derived = DeriveRecordId(*table, input);
    const Uuid id = derived ? *derived : NewUuid(Now());
    if (auto found = derived ? FindRow(*tables, id) : std::nullopt) {
      if (found->table->id != table->id || !found->view().deleted()) obstacles.push_back({id, table->name() + "_pkey"});
    }
    for (const UniqueKey& key : UniqueKeysOf(*table, input.properties)) {
      if (const auto row = FindDuplicate(reader(), *table, key, input.properties, 0))
        obstacles.push_back({IdOfRow(*table, *row), key.index->field.name});
    }
    if (!obstacles.empty()) return id;
    AppendAutomaticVectors(*table, input.properties, input.vectors);
    std::vector<Prepared> prepared(1);
    prepared[0] = {std::move(input), id, !derived.has_value()};
    return InsertLocked(*table, prepared, {})[0];
  }
}

std::vector<Uuid> RecordWriter::InsertLocked(const Table& table, std::vector<Prepared>& prepared,
                                             const InsertOptions& options) {
  std::vector<Uuid> ids;
  std::vector<Uuid> to_lock;
  ids.reserve(prepared.size());
  for (const Prepared& record : prepared) {
    ids.push_back(record.id);
    if (!record.fresh) to_lock.push_back(record.id);
  }
  if (prepared.empty()) return ids;
  const size_t known_ids = to_lock.size();
  const bool unique = HasUniqueKeys(table);
  std::vector<std::vector<UniqueKey>> keys(unique ? prepared.size() : 0);
  for (size_t i = 0; i < keys.size(); ++i) {
    keys[i] = UniqueKeysOf(table, prepared[i].input.properties);
    for (const UniqueKey& key : keys[i]) to_lock.push_back(key.lock());
  }
  RecordLocks::Guard guard = Lock(to_lock);

  // Within a batch, the last record of an id wins, as it would one by one.
  std::unordered_map<std::string_view, size_t> last;
  if (known_ids > 1) {
    last.reserve(prepared.size());
    for (size_t i = 0; i < prepared.size(); ++i) last[ids[i].AsBytes()] = i;
  }
  CatalogPtr catalog = this->catalog();
  std::vector<std::optional<Existing>> found(prepared.size());
  ParallelFor(prepared.size() < kParallelRecords || target_ != nullptr ? nullptr : context_.workers, prepared.size(),
              [&](size_t begin, size_t end) {
                for (size_t i = begin; i < end; ++i) {
                  if (!prepared[i].fresh) found[i] = FindRow(*catalog, ids[i]);
                }
              });
  std::vector<size_t> fresh;
  std::unordered_set<std::string_view> taken;
  Commit commit;
  commit.log = context_.log;
  commit.changes.reserve(prepared.size());
  for (size_t i = 0; i < prepared.size(); ++i) {
    if (!last.empty() && last[ids[i].AsBytes()] != i) continue;
    const std::optional<Existing>& existing = found[i];
    if (existing && (existing->table->id != table.id || options.fail_if_exists)) {
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("Record {} already exists in table \"{}\"", ids[i].ToString(), existing->table->name()),
                  options.fail_if_exists ? "insert without fail_if_exists to replace it" : "use another id");
    }
    for (size_t k = 0; unique && k < keys[i].size(); ++k) {
      const UniqueKey& key = keys[i][k];
      const DocumentView properties = prepared[i].input.properties;
      if (!taken.insert(key.exact).second ||
          FindDuplicate(reader(), table, key, properties, existing ? existing->row : 0))
        ThrowDuplicateKey(key.index->field, properties);
    }
    if (!existing) {
      fresh.push_back(i);
      continue;
    }
    for (const VectorColumn& column : table.vectors) {
      auto& vectors = prepared[i].input.vectors;
      bool given = std::any_of(vectors.begin(), vectors.end(), [&](const auto& v) { return v.column == &column; });
      if (!given) vectors.push_back({&column, std::nullopt});
    }
    KeepVectorsOfSameText(reader(), table, existing->row, existing->view(), prepared[i].input);
    AppendReplacement(*existing, prepared[i].input.properties, prepared[i].input.vectors, ChangeOperation::kUpdate,
                      commit);
  }
  commit.bulk = fresh.size() == prepared.size() && fresh.size() >= kBulkRecords;
  AppendAllNew(table, fresh, prepared, commit);
  Submit(commit);
  return ids;
}

void RecordWriter::ReserveForNew(const Table& table, std::span<const size_t> which, std::span<const Prepared> prepared,
                                 Commit& commit) {
  size_t operations = which.size() * (2 + table.indexes.size());
  size_t bytes = operations * kEntryBytes;
  for (size_t i : which) {
    bytes += prepared[i].input.properties.bytes().size();
    for (const VectorChange& change : prepared[i].input.vectors) {
      if (change.vector) bytes += change.vector->size() * sizeof(float) + kEntryBytes;
    }
  }
  commit.changes.reserve(which.size());
  commit.batch.Reserve(bytes, operations);
}

void RecordWriter::AppendAllNew(const Table& table, std::span<const size_t> which, std::vector<Prepared>& prepared,
                                Commit& commit) {
  RowId first = table.counters->next_row.fetch_add(which.size());
  int64_t now = Now();
  if (which.size() < kParallelRecords) {
    std::string scratch;
    for (size_t i = 0; i < which.size(); ++i) AppendNew(table, first + i, prepared[which[i]], commit, scratch, now);
    return;
  }
  // Each part builds a commit of its own; they are put together in row order.
  size_t parts = context_.workers->size() + 1;
  std::vector<Commit> built(parts);
  size_t step = (which.size() + parts - 1) / parts;
  ParallelFor(context_.workers, parts, [&](size_t begin, size_t end) {
    std::string scratch;
    for (size_t part = begin; part < end; ++part) {
      size_t next = part * step;
      size_t stop = std::min(which.size(), next + step);
      if (next >= stop) continue;
      ReserveForNew(table, which.subspan(next, stop - next), prepared, built[part]);
      for (; next < stop; ++next) AppendNew(table, first + next, prepared[which[next]], built[part], scratch, now);
    }
  });
  size_t bytes = 0;
  size_t operations = 0;
  for (const Commit& part : built) {
    bytes += part.batch.bytes();
    operations += part.batch.operations().size();
  }
  // The log adds an entry for every change.
  commit.batch.Reserve(bytes + which.size() * kLogEntryBytes, operations + which.size());
  for (Commit& part : built) {
    size_t shift = commit.batch.Append(part.batch);
    for (PendingChange& change : part.changes) {
      change.row_handle += shift;
      commit.changes.push_back(std::move(change));
    }
    part = Commit();
  }
}

void RecordWriter::EncodeRowKnowingKeys(const Table& table, const RowHeader& header, const DocumentView& properties,
                                        std::string& out) {
  std::vector<std::string> missing;
  out.clear();
  EncodeRow(header, properties, *table.keys, out, missing);
  if (missing.empty()) return;
  registry_.AddKeys(table, missing);
  out.clear();
  missing.clear();
  // What is missing now did not fit into the dictionary, and stays in the row by name.
  EncodeRow(header, properties, *table.keys, out, missing);
}

void RecordWriter::AppendNew(const Table& table, RowId row, Prepared& record, Commit& commit, std::string& scratch,
                             int64_t now) {
  RowHeader header;
  header.id = record.id;
  header.created_at = record.input.created_at.value_or(now);
  header.modified_at = now;
  EncodeRowKnowingKeys(table, header, record.input.properties, scratch);
  PendingChange change;
  change.entry.operation = ChangeOperation::kInsert;
  change.entry.live_after = true;
  change.entry.table = table.id;
  change.entry.row = row;
  change.entry.id = record.id;
  change.row_handle = commit.batch.Put(Family::kRows, RowKey(table.tenant, table.id, row), scratch);
  commit.batch.Put(Family::kIds, IdKey(table.tenant, record.id), EncodeRecordPlace(table.id, row));
  // Should the commit fail, this is a hint that turns out wrong.
  context_.places->Put(table.tenant, record.id, table.id, row);
  RecordEntries entries;
  entries.reserve(table.indexes.size() + 2);
  AppendRecordEntries(table, row, record.input.properties, entries);
  for (const auto& [family, key] : entries) commit.batch.Put(family, key, {});
  AppendNewVectors(table, row, record.input.vectors, commit.batch);
  commit.changes.push_back(std::move(change));
}

std::optional<RecordWriter::Existing> RecordWriter::FindRow(const CatalogSnapshot& catalog, const Uuid& id) const {
  std::string value;
  if (!reader().Get(Family::kIds, IdKey(context_.tenant, id), value)) return std::nullopt;
  auto [table, row] = DecodeRecordPlace(value);
  Existing existing;
  existing.table = catalog.FindById(table);
  if (existing.table == nullptr) return std::nullopt;  // Its table is being dropped.
  existing.row = row;
  if (!reader().Get(Family::kRows, RowKey(context_.tenant, table, row), existing.bytes)) {
    throw Error(ErrorCode::kCorruption,
                fmt::format("Record {} is known, but its row {} of table \"{}\" is missing", id.ToString(), row,
                            existing.table->name()),
                "restore the database from a backup");
  }
  return existing;
}

std::vector<VectorChange> RecordWriter::RequiredVectors(const Existing& existing) const {
  std::vector<VectorChange> vectors;
  std::string value;
  for (const VectorColumn& column : existing.table->vectors) {
    const ColumnSchema* declared = existing.table->FindColumn(column.name);
    if (declared == nullptr || !declared->required) continue;
    std::string key = VectorKey(context_.tenant, existing.table->id, column.number, existing.row);
    if (!reader().Get(Family::kVectors, key, value)) continue;
    VectorValue vector(value.size() / sizeof(float));
    std::memcpy(vector.data(), value.data(), vector.size() * sizeof(float));
    vectors.push_back({&column, std::move(vector)});
  }
  return vectors;
}

void RecordWriter::AppendOldImage(const Existing& existing, Batch& batch) const {
  Sequence sequence = existing.view().sequence();
  if (sequence < context_.log->first_kept()) return;
  batch.Put(Family::kLog, LogKey(context_.tenant, sequence, LogPart::kImage), existing.bytes);
}

void RecordWriter::AppendReplacement(const Existing& existing, const DocumentView& properties,
                                     std::span<const VectorChange> vectors, ChangeOperation operation, Commit& commit) {
  const Table& table = *existing.table;
  RowView old = existing.view();
  RowHeader header = old.header();
  header.deleted_at.reset();
  header.modified_at = std::max(Now(), header.modified_at);
  std::string bytes;
  EncodeRowKnowingKeys(table, header, properties, bytes);
  PendingChange change;
  change.entry.operation = operation;
  change.entry.live_before = !old.deleted();
  change.entry.live_after = true;
  change.entry.table = table.id;
  change.entry.row = existing.row;
  change.entry.id = header.id;
  change.entry.previous = old.sequence();
  AppendOldImage(existing, commit.batch);
  change.row_handle = commit.batch.Put(Family::kRows, RowKey(table.tenant, table.id, existing.row), bytes);
  RecordEntries before;
  RecordEntries after;
  if (!old.deleted()) AppendRecordEntries(table, existing.row, old.properties(), before);
  AppendRecordEntries(table, existing.row, properties, after);
  AppendEntryChanges(before, after, commit.batch);
  if (old.deleted()) AppendVectorRemovals(table, existing.row, commit.batch);
  AppendVectorChanges(table, existing.row, vectors, commit.batch);
  commit.changes.push_back(std::move(change));
}

void RecordWriter::Update(const Uuid& id, const Document& merge_patch, const UpdateOptions& options) {
  Change(id, merge_patch, PatchKind::kMerge, options);
}

void RecordWriter::Replace(const Uuid& id, const Document& members) { Change(id, members, PatchKind::kMembers, {}); }

void RecordWriter::Change(const Uuid& id, const Document& patch, PatchKind kind, const UpdateOptions& options) {
  for (;;) {
    std::shared_lock definitions(context_.definitions);
    context_.CheckNotDropped();
    auto lock = Lock({&id, 1});
    auto existing = FindRow(*catalog(), id);
    if (!existing || existing->view().deleted()) ThrowNoRecord(id);
    const bool unique = HasUniqueKeys(*existing->table);
    if (unique && target_ == nullptr) {
      // Which values the change takes is known only once the record is locked; all locks at once are in no one's way.
      lock.Release();
      lock.Take(context_.locks.LockAll());
      existing = FindRow(*catalog(), id);
      if (!existing || existing->view().deleted()) ThrowNoRecord(id);
    }
    RowView old = existing->view();
    if (options.expected_version && *options.expected_version != old.sequence()) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("Record {} has version {}, the caller saw {}", id.ToString(), old.sequence(),
                              *options.expected_version),
                  "read the record again and repeat the change");
    }
    auto stored_vectors = RequiredVectors(*existing);
    RecordInput input = ReadPatchedInput(*existing->table, old, stored_vectors, patch, kind, context_.max_record_bytes);
    if (const VectorChange* change = FindDimensionToSet(*existing->table, input)) {
      std::string column = change->column->name;
      auto dimension = static_cast<uint32_t>(change->vector->size());
      TableId table = existing->table->id;
      lock.Release();
      definitions.unlock();
      SettleDimension(table, column, dimension);
      continue;
    }
    CheckRules(*existing->table, input);
    if (unique) CheckUniqueKeys(reader(), *existing->table, input.properties, existing->row);
    // Vectors that the patch does not name stay, unless the text they were made from changed.
    if (TextToEmbed(*existing->table, old.properties()) != TextToEmbed(*existing->table, input.properties)) {
      AppendAutomaticVectors(*existing->table, input.properties, input.vectors);
    }
    Commit commit;
    commit.log = context_.log;
    AppendReplacement(*existing, input.properties, input.vectors, ChangeOperation::kUpdate, commit);
    Submit(commit);
    return;
  }
}

void RecordWriter::SetEmbedding(const Uuid& id, std::string_view column_name, VectorValue vector) {
  DocumentBuilder patch;
  patch.BeginObject();
  patch.Key(column_name);
  patch.BeginArray();
  for (float x : vector) patch.Double(x);
  patch.EndArray();
  patch.EndObject();
  {
    std::shared_lock definitions(context_.definitions);
    auto existing = FindRow(*catalog(), id);
    if (!existing) ThrowNoRecord(id);
    if (existing->table->FindVector(column_name) == nullptr) {
      throw Error(
          ErrorCode::kColumnNotFound,
          fmt::format("Table \"{}\" has no vector column \"{}\"", existing->table->name(), column_name),
          "declare it in the schema as {\"type\": \"array\", \"items\": {\"type\": \"number\"}, \"vector\": true}");
    }
  }
  Update(id, patch.Finish(), {});
}

bool RecordWriter::Delete(const Uuid& id) { return SetDeleted(id, true); }

bool RecordWriter::Restore(const Uuid& id) { return SetDeleted(id, false); }

bool RecordWriter::SetDeleted(const Uuid& id, bool deleted) {
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  auto lock = Lock({&id, 1});
  auto existing = FindRow(*catalog(), id);
  if (!existing || existing->view().deleted() == deleted) return false;
  if (!deleted && HasUniqueKeys(*existing->table)) {
    if (target_ == nullptr) {
      lock.Release();
      lock.Take(context_.locks.LockAll());
      existing = FindRow(*catalog(), id);
      if (!existing || !existing->view().deleted()) return false;
    }
    CheckUniqueKeys(reader(), *existing->table, existing->view().properties(), existing->row);
  }
  const Table& table = *existing->table;
  RowView old = existing->view();
  RowHeader header = old.header();
  header.modified_at = std::max(Now(), header.modified_at);
  if (deleted) {
    header.deleted_at = header.modified_at;
  } else {
    header.deleted_at.reset();
  }
  std::string bytes;
  EncodeRowWithProperties(header, old.properties().bytes(), bytes);
  Commit commit;
  commit.log = context_.log;
  PendingChange change;
  change.entry.operation = deleted ? ChangeOperation::kDelete : ChangeOperation::kRestore;
  change.entry.live_before = deleted;
  change.entry.live_after = !deleted;
  change.entry.table = table.id;
  change.entry.row = existing->row;
  change.entry.id = id;
  change.entry.previous = old.sequence();
  AppendOldImage(*existing, commit.batch);
  change.row_handle = commit.batch.Put(Family::kRows, RowKey(table.tenant, table.id, existing->row), bytes);
  RecordEntries entries;
  AppendRecordEntries(table, existing->row, old.properties(), entries);
  for (const auto& [family, key] : entries) {
    if (deleted) {
      commit.batch.Delete(family, key);
    } else {
      commit.batch.Put(family, key, {});
    }
  }
  AppendVectorMoves(reader(), table, existing->row, deleted, commit.batch);
  commit.changes.push_back(std::move(change));
  Submit(commit);
  return true;
}

bool RecordWriter::Purge(const Uuid& id) {
  if (target_ != nullptr) {
    throw Error(ErrorCode::kInTransaction, "Records cannot be purged inside a transaction",
                "delete the record, and purge it after the commit");
  }
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  auto lock = Lock({&id, 1});
  auto existing = FindRow(*catalog(), id);
  if (!existing) return false;
  const Table& table = *existing->table;
  RowView old = existing->view();
  Commit commit;
  commit.log = context_.log;
  AppendRowRemoval(context_, table, existing->row, old, commit.batch);
  // The last row of a table may go; its id must not be given out again.
  std::string floor;
  AppendFixed(floor, table.counters->next_row.load());
  commit.batch.Put(Family::kMeta, MetaKey(table.tenant, MetaKind::kRowFloor, BigTable(table.id)), floor);
  PendingChange change;
  change.entry.operation = ChangeOperation::kPurge;
  change.entry.live_before = !old.deleted();
  change.entry.table = table.id;
  change.entry.row = existing->row;
  change.entry.id = id;
  change.entry.previous = old.sequence();
  commit.changes.push_back(std::move(change));
  Submit(commit);
  return true;
}

}  // namespace rem

#include "store/transaction.h"
#include "store/embedding_limit.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include <rem/error.h>

#include "base/check.h"
#include "storage/row_codec.h"
#include "store/record_place.h"
#include "store/table_registry.h"
#include "store/tenant_context.h"
#include "store/unique_keys.h"

namespace rem {
namespace {

// As for a large batch of new records: see RecordWriter.
constexpr size_t kBulkChanges = 20'000;

[[noreturn]] void ThrowConflict(std::string_view message, std::string detail) {
  throw Error(ErrorCode::kConflict, fmt::format("could not serialize access due to concurrent {}", message),
              "run the transaction again from its beginning")
      .WithDetail(std::move(detail));
}

/// Keeps a transaction's data and whatever else a view needs.
struct ViewOwner {
  std::shared_ptr<const OverlayEngine> overlay;
  std::shared_ptr<const void> owner;
};

std::optional<std::vector<RowId>> ChangedRows(const OverlayEngine& overlay, TenantId tenant, TableId table,
                                              size_t limit) {
  std::vector<RowId> rows;
  // The keys of rows and of vectors begin with the table, and end with the row.
  for (const Family family : {Family::kRows, Family::kVectors}) {
    overlay.VisitKeys(family, TablePrefix(tenant, table), TablePrefix(tenant, table + 1), [&](std::string_view key) {
      rows.push_back(RowIdOfIndexKey(key));
      return rows.size() <= 2 * limit;
    });
  }
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  if (rows.size() > limit) return std::nullopt;
  return rows;
}

ChangeOperation NetOperation(const LogEntry& first, const LogEntry& last) {
  if (first.operation == ChangeOperation::kInsert)
    return last.live_after ? ChangeOperation::kInsert : ChangeOperation::kDelete;
  if (first.live_before && !last.live_after) return ChangeOperation::kDelete;
  if (!first.live_before && last.operation == ChangeOperation::kRestore) return ChangeOperation::kRestore;
  return last.live_after ? ChangeOperation::kUpdate : last.operation;
}

}  // namespace

Transaction::Transaction(TenantContext& context, TableRegistry& registry, CatalogPtr catalog,
                         std::shared_ptr<const EngineSnapshot> snapshot, CacheMoment moment, Sequence begin,
                         std::shared_ptr<VectorIndexes> vectors)
    : context_(context),
      registry_(registry),
      definitions_(context, registry, std::move(catalog)),
      begin_(begin),
      vectors_(std::move(vectors)),
      snapshot_(std::move(snapshot)),
      moment_(std::move(moment)),
      overlay_(std::make_shared<OverlayEngine>(context.engine, snapshot_, kMaxTransactionBytes)),
      writer_(context, registry, this) {}

std::shared_ptr<const ReadView> Transaction::View(std::shared_ptr<const void> owner) const {
  VectorAccess vectors;
  // Indexes know tables as they are committed.
  if (definitions_.empty()) {
    vectors = {vectors_, begin_, [overlay = overlay_, tenant = context_.tenant](TableId table, size_t limit) {
                 return ChangedRows(*overlay, tenant, table, limit);
               }};
  }
  // Nothing was written, not even by a statement that was rolled back.
  if (empty() && overlay_->stamp() == 0) {
    std::shared_ptr<const Engine> base = context_.engine;
    if (owner) base = std::shared_ptr<const Engine>(std::move(owner), context_.engine.get());
    return std::make_shared<const ReadView>(std::move(base), context_.tenant, snapshot_, moment_, std::move(vectors));
  }
  auto keep = std::make_shared<const ViewOwner>(ViewOwner{overlay_, std::move(owner)});
  std::shared_ptr<const Engine> engine(keep, overlay_.get());
  return std::make_shared<const ReadView>(std::move(engine), context_.tenant, overlay_->NewSnapshot(), CacheMoment(),
                                          std::move(vectors));
}

void Transaction::Submit(rem::Commit& commit) {
  // Rows that the transaction wrote have no sequence yet; 0 says so, and nothing takes them for the stored version.
  for (const PendingChange& change : commit.changes) {
    if (change.row_handle != PendingChange::kNoRow) commit.batch.PatchFixed64(change.row_handle, kRowSequenceOffset, 0);
  }
  overlay_->Write(commit.batch, {});
  for (PendingChange& change : commit.changes) changes_.push_back(std::move(change));
}

TablePtr Transaction::Register(std::string_view name, const Document& json_schema, bool /*force*/) {
  rem::Commit commit;
  TablePtr table = definitions_.Register(name, json_schema, *overlay_, commit);
  Submit(commit);
  return table;
}

TablePtr Transaction::Redefine(TableId id, uint64_t version, const Redefinition& change) {
  rem::Commit commit;
  TablePtr table = definitions_.Redefine(id, version, change, *overlay_, commit);
  Submit(commit);
  return table;
}

bool Transaction::HasRecords(const Table& table) const {
  const std::string prefix = TablePrefix(table.tenant, table.id);
  auto it = overlay_->Scan(Family::kRows, {.lower = prefix, .upper = PrefixEnd(prefix)});
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (!RowView(it->value(), table.keys.get()).deleted()) return true;
  }
  return false;
}

void Transaction::RollbackTo(const Mark& mark) {
  definitions_.GoTo(mark.definitions);
  overlay_->RollbackTo(mark.stamp);
  changes_.resize(mark.changes);
  relied_.resize(mark.relied);
  vacant_.resize(mark.vacant);
}

std::vector<Transaction::Named>::iterator Transaction::FindSavepoint(std::string_view name) {
  const auto found =
      std::find_if(savepoints_.rbegin(), savepoints_.rend(), [&](const auto& s) { return s.name == name; });
  if (found == savepoints_.rend()) {
    throw Error(ErrorCode::kNotFound, fmt::format("savepoint \"{}\" does not exist", name),
                "make it with SAVEPOINT first")
        .WithSqlState("3B001");
  }
  return std::prev(found.base());
}

void Transaction::Savepoint(std::string_view name) { savepoints_.push_back({std::string(name), mark()}); }

void Transaction::RollbackToSavepoint(std::string_view name) {
  const auto found = FindSavepoint(name);
  RollbackTo(found->mark);
  savepoints_.erase(std::next(found), savepoints_.end());
}

void Transaction::Release(std::string_view name) { savepoints_.erase(FindSavepoint(name), savepoints_.end()); }

std::vector<PendingChange> Transaction::NetChanges() const {
  std::vector<PendingChange> net;
  // By place: a table that is dropped and made again may get a record of the same id.
  std::map<std::pair<TableId, RowId>, size_t> places;
  net.reserve(changes_.size());
  for (const PendingChange& change : changes_) {
    const auto [place, is_first] = places.try_emplace({change.entry.table, change.entry.row}, net.size());
    if (is_first) {
      net.push_back(change);
      continue;
    }
    LogEntry& entry = net[place->second].entry;
    entry.operation = NetOperation(entry, change.entry);
    entry.live_after = change.entry.live_after;
  }
  return net;
}

void Transaction::CheckDefinitions(const std::vector<PendingChange>& changes) const {
  const CatalogPtr now = registry_.catalog();
  if (now == definitions_.base()) return;
  TableId checked = 0;
  for (const PendingChange& change : changes) {
    if (change.entry.table == std::exchange(checked, change.entry.table)) continue;
    const TablePtr before = definitions_.base()->FindById(change.entry.table);
    const TablePtr after = now->FindById(change.entry.table);
    if (after == nullptr || after->definition_version != before->definition_version)
      ThrowConflict("change of a table", fmt::format("Table \"{}\" was changed or dropped.", before->name()));
  }
}

void Transaction::CheckUnchanged(const PendingChange& change) const {
  const LogEntry& entry = change.entry;
  std::string bytes;
  if (entry.previous == 0) {
    if (context_.engine->Get(Family::kIds, IdKey(context_.tenant, entry.id), bytes) &&
        !definitions_.Drops(DecodeRecordPlace(bytes).first))
      ThrowConflict("insert", fmt::format("Record {} was inserted by another writer.", entry.id.ToString()));
    return;
  }
  if (!context_.engine->Get(Family::kRows, RowKey(context_.tenant, entry.table, entry.row), bytes))
    ThrowConflict("delete", fmt::format("Record {} was purged by another writer.", entry.id.ToString()));
  if (RowView(bytes, nullptr).sequence() != entry.previous)
    ThrowConflict("update", fmt::format("Record {} was changed by another writer.", entry.id.ToString()));
}

std::vector<Transaction::Occupied> Transaction::OccupiedKeys(const std::vector<PendingChange>& changes) const {
  std::unordered_map<std::string, std::pair<TablePtr, const IndexDefinition*>> unique;
  TableId seen = 0;
  for (const PendingChange& change : changes) {
    if (change.entry.table == std::exchange(seen, change.entry.table)) continue;
    const TablePtr table = catalog()->FindById(change.entry.table);
    if (table == nullptr) continue;
    for (const IndexDefinition& index : table->indexes) {
      if (index.field.unique) unique.emplace(IndexPrefix(context_.tenant, index.id), std::pair(table, &index));
    }
  }
  std::vector<Occupied> entries, occupied;
  if (unique.empty()) return occupied;
  overlay_->VisitNewest([&](Family family, const std::string& key, const std::optional<std::string>& value) {
    if (family != Family::kIndex || !value) return;
    const auto found = unique.find(key.substr(0, IndexPrefix(0, 0).size()));
    if (found != unique.end()) entries.push_back({found->second.first, found->second.second, key, {}});
  });
  std::string row;
  for (Occupied& entry : entries) {
    const Table& table = *entry.table;
    const std::string row_key = RowKey(context_.tenant, table.id, RowIdOfIndexKey(entry.key));
    if (!overlay_->Get(Family::kRows, row_key, row, nullptr)) continue;
    for (const UniqueKey& key : UniqueKeysOf(table, RowView(row, table.keys.get()).properties())) {
      if (key.index != entry.index) continue;
      entry.lock = key.lock();
      occupied.push_back(std::move(entry));
      break;
    }
  }
  return occupied;
}

void Transaction::CheckNotOccupied(const Occupied& occupied) const {
  const Table& table = *occupied.table;
  const std::string prefix = occupied.key.substr(0, occupied.key.size() - sizeof(RowId));
  auto it = context_.engine->Scan(Family::kIndex, {.lower = prefix, .upper = PrefixEnd(prefix)});
  std::string mine, other;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string key(it->key());
    if (key.size() != occupied.key.size() || key == occupied.key) continue;
    // This transaction may have taken the key away from the row.
    if (overlay_->Deletes(Family::kIndex, key)) continue;
    const std::string other_row = RowKey(table.tenant, table.id, RowIdOfIndexKey(key));
    if (!context_.engine->Get(Family::kRows, other_row, other)) continue;
    overlay_->Get(Family::kRows, RowKey(table.tenant, table.id, RowIdOfIndexKey(occupied.key)), mine, nullptr);
    if (!SameIndexedValues(table, occupied.index->field, RowView(mine, table.keys.get()).properties(),
                           RowView(other, table.keys.get()).properties()))
      continue;
    ThrowConflict("insert", fmt::format("Another writer took a key of constraint \"{}\".", occupied.index->field.name));
  }
}

void Transaction::CheckRelied(const Relied& relied) const {
  // What this transaction wrote itself is checked as a change.
  if (relied.sequence == 0) return;
  std::string bytes;
  const std::string key = RowKey(context_.tenant, relied.table, relied.row);
  const bool there = context_.engine->Get(Family::kRows, key, bytes);
  if (there && RowView(bytes, nullptr).sequence() == relied.sequence) return;
  ThrowConflict("update",
                fmt::format("Record {}, which this transaction relies on, was changed.", relied.id.ToString()));
}

void Transaction::CheckVacant(const std::string& prefix) const {
  auto it = context_.engine->Scan(Family::kIndex, {.lower = prefix, .upper = PrefixEnd(prefix)});
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (overlay_->Deletes(Family::kIndex, it->key())) continue;
    ThrowConflict("insert", "Another writer inserted a record that refers to a key which is deleted here.");
  }
}

rem::Commit Transaction::BuildCommit(std::vector<PendingChange> changes) const {
  rem::Commit commit;
  commit.log = context_.log;
  std::unordered_map<std::string, size_t> rows;
  rows.reserve(changes.size());
  bool only_new = true;
  for (size_t i = 0; i < changes.size(); ++i) {
    const LogEntry& entry = changes[i].entry;
    rows.emplace(RowKey(context_.tenant, entry.table, entry.row), i);
    only_new &= entry.operation == ChangeOperation::kInsert;
  }
  overlay_->VisitNewest([&](Family family, const std::string& key, const std::optional<std::string>& value) {
    if (!value) {
      commit.batch.Delete(family, key);
      only_new = false;
      return;
    }
    const size_t handle = commit.batch.Put(family, key, *value);
    if (family != Family::kRows) return;
    const auto row = rows.find(key);
    REM_CHECK(row != rows.end());
    changes[row->second].row_handle = handle;
  });
  commit.bulk = only_new && changes.size() >= kBulkChanges;
  commit.changes = std::move(changes);
  return commit;
}

void Transaction::CheckNothingRedefined() const {
  if (registry_.catalog() != definitions_.base())
    ThrowConflict("change of a table", "Another writer changed the definition of a table.");
  std::set<TableId> redefined;
  for (const auto& [id, changed] : definitions_.state()->changed) {
    if (changed.base_version != 0 && !changed.definition.dropping) redefined.insert(id);
  }
  if (redefined.empty()) return;
  if (context_.log->first_kept() > begin_ + 1)
    ThrowConflict("update", "Other writers have changed more since then than the change log keeps.");
  auto it = context_.engine->Scan(Family::kLog, {.lower = LogKey(context_.tenant, begin_ + 1, LogPart::kEntry),
                                                 .upper = TenantPrefix(context_.tenant + 1)});
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (static_cast<LogPart>(it->key().back()) != LogPart::kEntry) continue;
    if (!redefined.contains(DecodeLogEntry(it->value()).table)) continue;
    ThrowConflict("update", "Another writer changed records of a table whose definition is changed here.");
  }
}

void Transaction::Run(std::vector<PendingChange> changes, const std::function<void(rem::Commit&)>& run) {
  std::vector<Uuid> ids;
  ids.reserve(changes.size());
  for (const PendingChange& change : changes) ids.push_back(change.entry.id);
  const std::vector<Occupied> occupied = OccupiedKeys(changes);
  for (const Occupied& one : occupied) ids.push_back(one.lock);
  for (const Relied& one : relied_) ids.push_back(one.id);
  const RecordLocks::Guard guard = context_.locks.LockMany(ids);
  for (const PendingChange& change : changes) CheckUnchanged(change);
  for (const Occupied& one : occupied) CheckNotOccupied(one);
  for (const Relied& one : relied_) CheckRelied(one);
  for (const std::string& prefix : vacant_) CheckVacant(prefix);
  rem::Commit commit = BuildCommit(std::move(changes));
  run(commit);
  context_.WakeEmbedding(*catalog(), commit.changes);
}

void Transaction::CommitDefinitions() {
  std::vector<PendingChange> changes = NetChanges();
  changes_.clear();
  std::unique_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  CheckNothingRedefined();
  Run(std::move(changes), [&](rem::Commit& commit) {
    commit.bulk = false;
    std::vector<ChangedDefinition> changed;
    for (const auto& [id, one] : definitions_.state()->changed) changed.push_back(one);
    definitions_.Committing();
    registry_.CommitChanged(changed, commit);
  });
}

void Transaction::Commit() {
  if (!changes_.empty() && !context_.embedding_limit->HasRoom())
    context_.embedding_limit->AwaitRoom(*catalog(), changes_);
  if (!definitions_.empty()) return CommitDefinitions();
  if (changes_.empty()) return;
  std::vector<PendingChange> changes = NetChanges();
  changes_.clear();
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  CheckDefinitions(changes);
  Run(std::move(changes), [&](rem::Commit& commit) { context_.commits->Run(commit); });
}

}  // namespace rem

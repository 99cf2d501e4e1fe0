#include "store/table_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/check.h"
#include "catalog/view.h"
#include "embedding/provider.h"
#include "schema/builtin_schemas.h"
#include "schema/validator.h"
#include "storage/key_codec.h"
#include "store/embedding_queue.h"
#include "store/row_rederiver.h"
#include "store/row_remover.h"
#include "store/row_vectors.h"

namespace rem {
namespace {

std::string BigKey(uint32_t id) {
  std::string out;
  AppendBig32(out, id);
  return out;
}

std::string DefinitionKey(TenantId tenant, TableId table) { return MetaKey(tenant, MetaKind::kTable, BigKey(table)); }

/// A provider may have to ask its service for the dimension: not while writers wait.
void MeetProviders(const TableSchema& schema) {
  for (const std::string& named : {schema.embedding_provider, schema.embedding_provider_alt}) {
    if (!named.empty() && named != kNoProvider) RequireProvider(named);
  }
}

}  // namespace

void TableRegistry::Load() {
  std::unique_lock lock(context_.definitions);
  std::string value;
  if (context_.engine->Get(Family::kMeta, MetaKey(context_.tenant, MetaKind::kCounters), value)) {
    std::string_view in = value;
    if (!TakeFixed(in, next_table_) || !TakeFixed(in, next_index_)) {
      throw Error(ErrorCode::kCorruption, "The counters of a tenant are damaged", "restore the database from a backup");
    }
  }
  LoadDefinitions();
  Publish();
}

void TableRegistry::LoadDefinitions() {
  std::string prefix = MetaKey(context_.tenant, MetaKind::kTable);
  auto it = context_.engine->Scan(Family::kMeta, {.lower = prefix, .upper = PrefixEnd(prefix)});
  std::vector<TableId> unfinished;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    TableDefinition definition = DecodeDefinition(it->value());
    TableId id = definition.id;
    auto keys = std::make_shared<KeyDictionary>();
    LoadKeys(id, *keys);
    LoadNextRow(id);
    if (definition.dropping || definition.schema.view().Find(kTemporaryKey)) unfinished.push_back(id);
    entries_.emplace(id, Entry{std::move(definition), std::move(keys)});
  }
  if (context_.read_only) return;
  for (TableId id : unfinished) RemoveRows(id);
  for (auto& [id, entry] : entries_) {
    if (entry.definition.rederive) Rederive(id);
  }
}

void TableRegistry::LoadKeys(TableId table, KeyDictionary& keys) const {
  std::string prefix = MetaKey(context_.tenant, MetaKind::kKeyName, BigKey(table));
  auto it = context_.engine->Scan(Family::kMeta, {.lower = prefix, .upper = PrefixEnd(prefix)});
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (it->key() != prefix + BigKey(keys.size()) || !keys.Add(it->value())) {
      throw Error(ErrorCode::kCorruption, fmt::format("The name dictionary of table {} has a gap", table),
                  "restore the database from a backup");
    }
  }
}

void TableRegistry::LoadNextRow(TableId table) {
  RowId next = 1;
  std::string prefix = TablePrefix(context_.tenant, table);
  auto it = context_.engine->Scan(Family::kRows, {.lower = prefix, .upper = PrefixEnd(prefix)});
  it->SeekToLast();
  if (it->Valid()) next = RowIdOfRowKey(it->key()) + 1;
  std::string value;
  if (context_.engine->Get(Family::kMeta, MetaKey(context_.tenant, MetaKind::kRowFloor, BigKey(table)), value)) {
    std::string_view in = value;
    uint64_t floor = 0;
    if (!TakeFixed(in, floor))
      throw Error(ErrorCode::kCorruption, "A row floor is damaged", "restore the database from a backup");
    next = std::max(next, floor);
  }
  context_.log->Counters(table)->next_row = next;
}

void TableRegistry::EnsureBuiltins() {
  for (const BuiltinSchema& builtin : BuiltinSchemas()) {
    Document schema = Document::FromJson(builtin.json);
    TablePtr table = catalog()->Find(builtin.name);
    if (table != nullptr && table->schema.json_schema == schema) continue;
    // A user may have extended a built-in table; its version then differs from any of ours and is left alone.
    if (table != nullptr && table->schema.category != "system") continue;
    Register(builtin.name, schema, true);
  }
}

void TableRegistry::Publish() {
  std::vector<TablePtr> tables;
  CatalogPtr before = catalog();
  for (const auto& [id, entry] : entries_) {
    if (entry.definition.dropping) continue;
    TablePtr old = before->FindById(id);
    bool unchanged = old != nullptr && old->definition_version == entry.definition.version;
    tables.push_back(unchanged ? old
                               : BuildTable(context_.tenant, entry.definition, entry.keys, context_.log->Counters(id),
                                            context_.make_rules));
  }
  auto next = std::make_shared<const CatalogSnapshot>(++version_, std::move(tables));
  std::lock_guard lock(catalog_mutex_);
  catalog_ = std::move(next);
}

void TableRegistry::PutCounters(Batch& batch) const {
  std::string value;
  AppendFixed(value, next_table_);
  AppendFixed(value, next_index_);
  batch.Put(Family::kMeta, MetaKey(context_.tenant, MetaKind::kCounters), value);
}

void CheckTableNames(const CatalogSnapshot& catalog, const TableSchema& schema, TableId self) {
  for (const TablePtr& other : catalog.tables()) {
    if (other->id == self || other->name() != schema.short_name) continue;
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("short_name \"{}\" of schema \"{}\" is already the name of table \"{}\"", schema.short_name,
                            schema.name, other->schema.fully_qualified_name),
                "give the schema another short_name");
  }
}

void CheckDroppable(const Table& table) {
  if (table.schema.category != "system") return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("Table \"{}\" is built in and cannot be dropped", table.name()),
              "delete or purge its records instead");
}

void TableRegistry::SaveCounters() const {
  Commit commit;
  PutCounters(commit.batch);
  context_.commits->Run(commit);
}

TablePtr TableRegistry::Register(std::string_view name, const Document& json_schema, bool force) {
  TableSchema schema = ReadTableSchema(name, json_schema);
  Validator::Compile(json_schema);  // Before anything is taken: throws for a schema that does not compile.
  const TablePtr known = catalog()->Find(schema.name);
  if (known == nullptr || !CompareSchemas(known->schema, schema).identical) MeetProviders(schema);
  std::unique_lock lock(context_.definitions);
  context_.CheckNotDropped();
  TablePtr before;
  const CatalogPtr tables = catalog();
  for (const TablePtr& table : tables->tables()) {
    if (table->schema.name == schema.name) before = table;
  }
  CheckTableNames(*catalog(), schema, before == nullptr ? 0 : before->id);
  return before == nullptr ? RegisterNew(schema) : RegisterAgain(schema, *before, force);
}

TablePtr TableRegistry::RegisterNew(const TableSchema& schema) {
  Batch batch;
  TableId id = next_table_++;
  TableDefinition definition = DefineTable(schema, nullptr, id, [&] { return next_index_++; });
  PutCounters(batch);
  auto keys = std::make_shared<KeyDictionary>();
  entries_.emplace(id, Entry{definition, keys});
  try {
    return Store(std::move(definition), std::move(batch));
  } catch (...) {
    entries_.erase(id);
    throw;
  }
}

TablePtr TableRegistry::RegisterAgain(const TableSchema& schema, const Table& before, bool force) {
  SchemaDifference difference = CompareSchemas(before.schema, schema);
  TablePtr current = catalog()->FindById(before.id);
  if (difference.identical) return current;
  if (!difference.conflicts.empty() && !force) {
    throw Error(
        ErrorCode::kSchemaConflict,
        fmt::format("Schema \"{}\" differs from the registered one in a way that existing records may not fit: {}",
                    schema.name, difference.conflicts.front()),
        "keep the change compatible, register it under another name, or force it")
        .WithDetail(fmt::format("{}", fmt::join(difference.conflicts, "\n")));
  }
  Batch batch;
  const TableDefinition& old = entries_.at(before.id).definition;
  TableDefinition definition = DefineTable(schema, &old, before.id, [&] { return next_index_++; });
  PutCounters(batch);
  for (const auto& index : old.indexes) {
    bool kept = std::any_of(definition.indexes.begin(), definition.indexes.end(),
                            [&](const auto& i) { return i.id == index.id; });
    std::string prefix = IndexPrefix(context_.tenant, index.id);
    if (!kept) batch.DeleteRange(Family::kIndex, prefix, PrefixEnd(prefix));
  }
  AppendStaleVectors(old, definition, batch);
  bool new_lookup = before.schema.lookup_fields != schema.lookup_fields;
  if (new_lookup || difference.embedding_changed) {
    definition.rederive = {before.schema.lookup_fields, difference.embedding_changed};
  }
  TablePtr table = Store(std::move(definition), std::move(batch));
  if (!new_lookup && !difference.embedding_changed) return table;
  Rederive(before.id);
  return catalog()->FindById(before.id);
}

void TableRegistry::AppendStaleVectors(const TableDefinition& before, const TableDefinition& after,
                                       Batch& batch) const {
  for (const auto& old : before.vectors) {
    bool kept = std::any_of(after.vectors.begin(), after.vectors.end(), [&](const auto& v) {
      return v.number == old.number && v.dimension == old.dimension && v.provider == old.provider;
    });
    if (kept) continue;
    for (ColumnNumber number : {old.number, static_cast<ColumnNumber>(old.number | kArchivedColumn)}) {
      std::string prefix = VectorPrefix(context_.tenant, before.id, number);
      batch.DeleteRange(Family::kVectors, prefix, PrefixEnd(prefix));
      AppendQueueDrop(context_.tenant, before.id, number, batch);
    }
  }
}

void TableRegistry::Rederive(TableId id) {
  TableDefinition definition = entries_.at(id).definition;
  TablePtr table =
      BuildTable(context_.tenant, definition, entries_.at(id).keys, context_.log->Counters(id), context_.make_rules);
  RederiveRows(context_, *table, definition.rederive->old_lookup_fields, definition.rederive->vectors);
  definition.rederive.reset();
  ++definition.version;
  Store(std::move(definition), {});
}

TablePtr TableRegistry::Redefine(TableId id, uint64_t version, const Redefinition& change) {
  const TableSchema schema = ReadTableSchema(change.name, change.schema);
  Validator::Compile(change.schema);
  MeetProviders(schema);
  std::unique_lock lock(context_.definitions);
  context_.CheckNotDropped();
  const TablePtr before = catalog()->FindById(id);
  if (before == nullptr || before->definition_version != version)
    throw Error(ErrorCode::kConflict, "The table was changed or dropped meanwhile", "run the statement again");
  CheckTableNames(*catalog(), schema, id);
  Commit commit;
  const ChangedDefinition from{entries_.at(id).definition, entries_.at(id).keys, version};
  TableDefinition definition = PlanRedefinition(
      *before, from, change, *context_.engine, [&] { return next_index_++; }, commit);
  PutCounters(commit.batch);
  return Store(std::move(definition), std::move(commit.batch), std::move(commit.changes));
}

TableDefinition TableRegistry::PlanRedefinition(const Table& before, const ChangedDefinition& from,
                                                const Redefinition& change, const Engine& reader,
                                                const std::function<IndexId()>& next_index, Commit& commit) {
  const TableSchema schema = ReadTableSchema(change.name, change.schema);
  const TableDefinition& old = from.definition;
  TableDefinition definition = DefineTable(schema, &old, old.id, next_index);
  bool derive = change.transform || change.check_rows || before.schema.lookup_fields != schema.lookup_fields;
  for (const auto& index : old.indexes) {
    const bool kept = std::any_of(definition.indexes.begin(), definition.indexes.end(),
                                  [&](const auto& i) { return i.id == index.id; });
    const std::string prefix = IndexPrefix(context_.tenant, index.id);
    if (!kept) commit.batch.DeleteRange(Family::kIndex, prefix, PrefixEnd(prefix));
  }
  for (auto& index : definition.indexes) {
    derive |= !index.ready;
    index.ready = true;
  }
  AppendStaleVectors(old, definition, commit.batch);
  if (!derive) return definition;
  const TablePtr after =
      BuildTable(context_.tenant, definition, from.keys, context_.log->Counters(old.id), context_.make_rules);
  RewriteRows(
      context_, reader, before, *after, change, [&](const std::vector<std::string>& names) { AddKeys(*after, names); },
      commit);
  return definition;
}

TableId TableRegistry::ReserveTable() {
  std::unique_lock lock(context_.definitions);
  context_.CheckNotDropped();
  const TableId id = next_table_++;
  SaveCounters();
  return id;
}

IndexId TableRegistry::ReserveIndexes(uint32_t count) {
  std::unique_lock lock(context_.definitions);
  context_.CheckNotDropped();
  const IndexId first = next_index_;
  next_index_ += count;
  SaveCounters();
  return first;
}

ChangedDefinition TableRegistry::Unchanged(const Table& table) const {
  std::shared_lock lock(context_.definitions);
  const auto found = entries_.find(table.id);
  if (found == entries_.end() || found->second.definition.version != table.definition_version) {
    throw Error(ErrorCode::kConflict, "could not serialize access due to concurrent change of a table",
                "run the transaction again from its beginning");
  }
  return {found->second.definition, found->second.keys, table.definition_version};
}

void TableRegistry::CommitChanged(const std::vector<ChangedDefinition>& changed, Commit& commit) {
  std::vector<PendingChange> schemas, drops;
  for (const ChangedDefinition& one : changed) {
    const TableDefinition& definition = one.definition;
    commit.batch.Put(Family::kMeta, DefinitionKey(context_.tenant, definition.id), EncodeDefinition(definition));
    PendingChange change;
    change.entry.table = definition.id;
    change.entry.operation = ChangeOperation::kSchema;
    change.image = definition.schema.bytes();
    if (!definition.dropping || one.base_version == 0) schemas.push_back(change);
    if (!definition.dropping) continue;
    change.entry.operation = ChangeOperation::kDropTable;
    change.image.clear();
    drops.push_back(std::move(change));
  }
  // Who reads the log meets a table before its records.
  commit.changes.insert(commit.changes.begin(), std::make_move_iterator(schemas.begin()),
                        std::make_move_iterator(schemas.end()));
  std::move(drops.begin(), drops.end(), std::back_inserter(commit.changes));
  {
    std::lock_guard published(publish_mutex_);
    context_.commits->Run(commit);
    for (const ChangedDefinition& one : changed)
      entries_.insert_or_assign(one.definition.id, Entry{one.definition, one.keys});
    Publish();
  }
  for (const ChangedDefinition& one : changed) {
    if (one.definition.dropping) RemoveRows(one.definition.id);
  }
}

void TableRegistry::Forget(const std::vector<TableId>& tables) {
  Commit commit;
  for (const TableId table : tables) {
    const std::string prefix = MetaKey(context_.tenant, MetaKind::kKeyName, BigKey(table));
    commit.batch.DeleteRange(Family::kMeta, prefix, PrefixEnd(prefix));
    sequences_.AppendRemoval(table, commit.batch);
  }
  context_.commits->Run(commit);
}

TablePtr TableRegistry::Store(TableDefinition definition, Batch batch, std::vector<PendingChange> changes,
                              RowId vectors) {
  TableId id = definition.id;
  std::string prefix = BigKey(id);
  batch.Put(Family::kMeta, DefinitionKey(context_.tenant, id), EncodeDefinition(definition));
  Commit commit;
  commit.log = context_.log;
  commit.batch = std::move(batch);
  commit.changes = std::move(changes);
  PendingChange change;
  change.entry.operation = ChangeOperation::kSchema;
  change.entry.table = id;
  change.entry.row = vectors;
  change.image = definition.schema.bytes();
  commit.changes.push_back(std::move(change));
  // Built before the commit: a definition that cannot be loaded must not be stored.
  BuildTable(context_.tenant, definition, entries_.at(id).keys, context_.log->Counters(id), context_.make_rules);
  std::lock_guard published(publish_mutex_);
  context_.commits->Run(commit);
  entries_.at(id).definition = std::move(definition);
  Publish();
  return catalog()->FindById(id);
}

void TableRegistry::SetVectorDimension(TableId table, std::string_view column, uint32_t dimension) {
  std::unique_lock lock(context_.definitions);
  auto it = entries_.find(table);
  if (it == entries_.end() || it->second.definition.dropping) return;
  TableDefinition definition = it->second.definition;
  Batch batch;
  for (auto& vector : definition.vectors) {
    if (vector.name != column || vector.shadow || vector.dimension == dimension) continue;
    if (vector.dimension != 0 && (vector.provider.empty() || vector.provider_declared)) return;
    context_.CheckNotDropped();
    // The vectors that the default provider made have another dimension; they can be made again from the records.
    TableDefinition before = definition;
    vector.dimension = dimension;
    vector.provider.clear();
    AppendStaleVectors(before, definition, batch);
    ++definition.version;
    Store(std::move(definition), std::move(batch));
    return;
  }
}

bool TableRegistry::BeginReembedding(std::string_view name, std::string_view column_name,
                                     const EmbeddingProvider& provider) {
  std::unique_lock lock(context_.definitions);
  context_.CheckNotDropped();
  const TablePtr table = catalog()->Get(name);
  const TableDefinition& old = entries_.at(table->id).definition;
  TableDefinition definition = old;
  const auto is_column = [&](const auto& vector) { return vector.name == column_name && !vector.shadow; };
  const auto column = std::find_if(definition.vectors.begin(), definition.vectors.end(), is_column);
  if (column == definition.vectors.end() || table->schema.embedding_fields.empty()) {
    throw Error(
        ErrorCode::kColumnNotFound,
        fmt::format("Table \"{}\" has no column \"{}\" that is filled from its texts", table->name(), column_name),
        "name embedding_fields and an embedding_provider in its schema");
  }
  const ColumnSchema* declared = table->FindColumn(column_name);
  if (declared != nullptr && declared->vector_dimension != 0 && declared->vector_dimension != provider.dimension()) {
    throw Error(ErrorCode::kDimensionMismatch,
                fmt::format("Column \"{}\" declares dimension {}, but provider \"{}\" has dimension {}", column_name,
                            declared->vector_dimension, provider.name(), provider.dimension()),
                "remove the declared dimension, or use another provider");
  }
  const bool has_model = column->provider == provider.identity();
  const auto is_shadow = [&](const auto& vector) { return vector.name == column_name && vector.shadow; };
  const auto shadow = std::find_if(definition.vectors.begin(), definition.vectors.end(), is_shadow);
  if (shadow != definition.vectors.end() && shadow->provider == provider.identity()) return true;
  if (shadow == definition.vectors.end() && has_model) return false;
  const bool drops = std::erase_if(definition.vectors, is_shadow) > 0;
  if (!has_model) {
    TableDefinition::Vector made;
    made.number = definition.next_vector++;
    made.name = column_name;
    made.dimension = provider.dimension();
    made.provider = provider.identity();
    made.shadow = true;
    definition.vectors.push_back(std::move(made));
  }
  Batch batch;
  AppendStaleVectors(old, definition, batch);
  ++definition.version;
  Store(std::move(definition), std::move(batch), {}, drops ? 0 : kVectorsStay);
  return !has_model;
}

bool TableRegistry::FinishReembedding(TableId table, ColumnNumber number, size_t may_wait) {
  std::unique_lock lock(context_.definitions);
  const auto entry = entries_.find(table);
  if (context_.dropped || entry == entries_.end() || entry->second.definition.dropping) return false;
  TableDefinition definition = entry->second.definition;
  const auto shadow = std::find_if(definition.vectors.begin(), definition.vectors.end(),
                                   [&](const auto& vector) { return vector.number == number && vector.shadow; });
  if (shadow == definition.vectors.end()) return false;
  const Engine& engine = *context_.engine;
  if (!IsQueueShort(engine, context_.tenant, table, number, may_wait) ||
      !IsQueueShort(engine, context_.tenant, table, static_cast<ColumnNumber>(number | kArchivedColumn), 0))
    return false;
  TableDefinition::Vector made = std::move(*shadow);
  definition.vectors.erase(shadow);
  made.shadow = false;
  made.chosen = true;
  for (auto& vector : definition.vectors) {
    if (vector.name == made.name) vector = made;
  }
  Batch batch;
  AppendStaleVectors(entry->second.definition, definition, batch);
  ++definition.version;
  Store(std::move(definition), std::move(batch), {}, number);
  return true;
}

void TableRegistry::MarkIndexReady(TableId table, IndexId id) {
  std::unique_lock lock(context_.definitions);
  auto it = entries_.find(table);
  if (it == entries_.end() || it->second.definition.dropping) return;
  TableDefinition definition = it->second.definition;
  for (auto& index : definition.indexes) {
    if (index.id != id || index.ready) continue;
    index.ready = true;
    ++definition.version;
    Store(std::move(definition), {});
    return;
  }
}

std::vector<std::pair<TableId, IndexId>> TableRegistry::UnbuiltIndexes() const {
  std::vector<std::pair<TableId, IndexId>> out;
  const CatalogPtr tables = catalog();  // Kept: another thread may publish the next one meanwhile.
  for (const TablePtr& table : tables->tables()) {
    for (const IndexDefinition& index : table->indexes) {
      if (!index.ready) out.emplace_back(table->id, index.id);
    }
  }
  return out;
}

void TableRegistry::AddKeys(const Table& table, std::span<const std::string> names) {
  std::lock_guard lock(keys_mutex_);
  Commit commit;
  std::vector<std::string> added;
  uint32_t next = table.keys->size();
  for (const std::string& name : names) {
    bool known = table.keys->Find(name).has_value() || std::find(added.begin(), added.end(), name) != added.end();
    if (known || next == KeyDictionary::kMaxKeys) continue;
    commit.batch.Put(Family::kMeta, MetaKey(context_.tenant, MetaKind::kKeyName, BigKey(table.id) + BigKey(next++)),
                     name);
    added.push_back(name);
  }
  if (added.empty()) return;
  context_.commits->Run(commit);
  for (const std::string& name : added) REM_CHECK(table.keys->Add(name).has_value());
}

void TableRegistry::Drop(std::string_view name) {
  std::unique_lock lock(context_.definitions);
  context_.CheckNotDropped();
  TablePtr table = catalog()->Get(name);
  CheckDroppable(*table);
  TableDefinition definition = entries_.at(table->id).definition;
  definition.dropping = true;
  ++definition.version;
  Commit commit;
  commit.log = context_.log;
  commit.batch.Put(Family::kMeta, DefinitionKey(context_.tenant, table->id), EncodeDefinition(definition));
  PendingChange change;
  change.entry.operation = ChangeOperation::kDropTable;
  change.entry.table = table->id;
  commit.changes.push_back(std::move(change));
  {
    std::lock_guard published(publish_mutex_);
    context_.commits->Run(commit);
    entries_.at(table->id).definition = std::move(definition);
    Publish();
  }
  RemoveRows(table->id);
}

void TableRegistry::RemoveRows(TableId id) {
  const TableDefinition& definition = entries_.at(id).definition;
  RemoveAllRows(context_, *BuildTable(context_.tenant, definition, entries_.at(id).keys, context_.log->Counters(id),
                                      context_.make_rules));
  Commit last;
  auto remove_range = [&](Family family, const std::string& prefix) {
    last.batch.DeleteRange(family, prefix, PrefixEnd(prefix));
  };
  remove_range(Family::kRows, TablePrefix(context_.tenant, id));
  remove_range(Family::kVectors, TablePrefix(context_.tenant, id));
  AppendQueueDrop(context_.tenant, id, last.batch);
  for (const auto& index : definition.indexes) remove_range(Family::kIndex, IndexPrefix(context_.tenant, index.id));
  remove_range(Family::kMeta, MetaKey(context_.tenant, MetaKind::kKeyName, BigKey(id)));
  last.batch.Delete(Family::kMeta, MetaKey(context_.tenant, MetaKind::kRowFloor, BigKey(id)));
  last.batch.Delete(Family::kMeta, MetaKey(context_.tenant, MetaKind::kStatistics, BigKey(id)));
  sequences_.AppendRemoval(id, last.batch);
  last.batch.Delete(Family::kMeta, DefinitionKey(context_.tenant, id));
  context_.commits->Run(last);
  entries_.erase(id);
}

}  // namespace rem

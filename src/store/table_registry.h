#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fair_shared_mutex.h"
#include "catalog/table_definition.h"
#include "catalog/tenant_catalog.h"
#include "store/sequences.h"
#include "store/table_rewriter.h"
#include "store/tenant_context.h"

namespace rem {

/// A definition on its way into the database.
struct ChangedDefinition {
  TableDefinition definition;  ///< As it is to be; `dropping` for a table that goes.
  std::shared_ptr<KeyDictionary> keys;
  uint64_t base_version = 0;  ///< Of the stored definition; 0 for a new table.
};

/// Error(kAlreadyExists) when another table than `self` has the short_name of `schema`.
void CheckTableNames(const CatalogSnapshot& catalog, const TableSchema& schema, TableId self);
/// Error(kInvalidArgument) for a built-in table.
void CheckDroppable(const Table& table);

/// One tenant's tables: loads them, changes them, hands out immutable snapshots of them. Thread-safe.
class TableRegistry {
 public:
  explicit TableRegistry(TenantContext& context) : context_(context), sequences_(context) {}

  /// Reads all definitions and dictionaries, and finishes drops that a crash cut off.
  void Load();
  /// Registers the built-in tables that are missing or were changed by a newer version of REM DB.
  void EnsureBuiltins();

  CatalogPtr catalog() const {
    std::lock_guard lock(catalog_mutex_);
    return catalog_;
  }

  /// While held, no definition is committed or published: a catalog and a snapshot taken under it belong together.
  std::shared_lock<FairSharedMutex> HoldPublished() const { return std::shared_lock(publish_mutex_); }

  /// See Session::RegisterSchema. Indexes that need building are not ready in the result.
  TablePtr Register(std::string_view name, const Document& json_schema, bool force);
  /// Gives a table another definition and its records what follows from it, in one commit. Its new indexes are ready.
  /// Error(kConflict) when the table is no longer the version that the change was made for.
  TablePtr Redefine(TableId table, uint64_t version, const Redefinition& change);
  /// Removes a table and everything in it.
  void Drop(std::string_view name);

  // For definitions that a transaction collects. Numbers that were taken are never given again.
  TableId ReserveTable();
  /// The first of `count` numbers.
  IndexId ReserveIndexes(uint32_t count);
  /// The stored definition of a table, to be changed. Error(kConflict) when it is no longer that of `table`.
  ChangedDefinition Unchanged(const Table& table) const;
  /// The definition that `change` makes of `from`, whose table is `before`; adds to `commit` what it makes of the
  /// records that `reader` has.
  TableDefinition PlanRedefinition(const Table& before, const ChangedDefinition& from, const Redefinition& change,
                                   const Engine& reader, const std::function<IndexId()>& next_index, Commit& commit);
  /// Runs a commit together with these definitions, and publishes them. context_.definitions is held exclusively, and
  /// nothing has been published since they were made.
  void CommitChanged(const std::vector<ChangedDefinition>& changed, Commit& commit);
  /// Removes what was stored under the numbers of tables that never came to be.
  void Forget(const std::vector<TableId>& tables);

  /// Settles the dimension of a column that takes it from its first vector. No effect when another writer was first.
  void SetVectorDimension(TableId table, std::string_view column, uint32_t dimension);
  /// Begins to fill a shadow of a vector column with a model's vectors; none is begun where one of that model is being
  /// filled. Where the column has that model already, a shadow that is being filled is dropped instead. True when there
  /// is a shadow then. Errors: kColumnNotFound, kDimensionMismatch.
  bool BeginReembedding(std::string_view table, std::string_view column, const EmbeddingProvider& provider);
  /// Puts a shadow in the place of its column, with all that was filled, in one commit, and drops what was there.
  /// False when the shadow is gone, or more than `may_wait` rows wait, or one failed. Those that wait then wait as rows
  /// do that were just inserted.
  bool FinishReembedding(TableId table, ColumnNumber shadow, size_t may_wait);
  void MarkIndexReady(TableId table, IndexId index);

  /// Makes `names` known to the table's dictionary, on disk first: a stored row must never name an id that a crash
  /// could forget.
  void AddKeys(const Table& table, std::span<const std::string> names);

  Sequences& sequences() { return sequences_; }
  void SaveSequences() { sequences_.Save(); }

  /// (table, index) pairs that are not ready.
  std::vector<std::pair<TableId, IndexId>> UnbuiltIndexes() const;

 private:
  struct Entry {
    TableDefinition definition;
    std::shared_ptr<KeyDictionary> keys;
  };
  using Entries = std::map<TableId, Entry>;

  void LoadDefinitions();
  void LoadKeys(TableId table, KeyDictionary& keys) const;
  void LoadNextRow(TableId table);
  void PutCounters(Batch& batch) const;
  void SaveCounters() const;
  TablePtr RegisterNew(const TableSchema& schema);
  TablePtr RegisterAgain(const TableSchema& schema, const Table& before, bool force);
  /// Commits a definition, with an entry in the change log, and publishes it.
  /// `vectors` becomes the `row` of the change's LogEntry.
  TablePtr Store(TableDefinition definition, Batch batch, std::vector<PendingChange> changes = {}, RowId vectors = 0);
  void Publish();
  void RemoveRows(TableId table);
  /// Adds what removes the vectors of columns that are gone or are filled differently now.
  void AppendStaleVectors(const TableDefinition& before, const TableDefinition& after, Batch& batch) const;
  /// Writes lookup entries and vectors of all rows again, as the definition asks. May be repeated.
  void Rederive(TableId table);

  TenantContext& context_;
  Sequences sequences_;
  std::mutex keys_mutex_;
  // Changed under context_.definitions held exclusively.
  Entries entries_;
  uint32_t next_table_ = 1;
  uint32_t next_index_ = 1;
  uint64_t version_ = 0;
  mutable FairSharedMutex publish_mutex_;
  mutable std::mutex catalog_mutex_;
  CatalogPtr catalog_ = std::make_shared<const CatalogSnapshot>(0, std::vector<TablePtr>{});
};

}  // namespace rem

#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <rem/database.h>

#include "store/record_input.h"
#include "store/table_registry.h"
#include "store/tenant_context.h"
#include "store/write_target.h"

namespace rem {

/// The one write path of records: validate, encode, lock, compare with what is there, commit. Thread-safe.
class RecordWriter {
 public:
  /// With a `target`, everything is read from there and written there, without locks.
  RecordWriter(TenantContext& context, TableRegistry& registry, WriteTarget* target = nullptr)
      : context_(context), registry_(registry), target_(target) {}

  // See rem::Session for what each does and throws.
  std::vector<Uuid> Insert(std::string_view table, std::span<const Document> records, const InsertOptions& options);
  /// A live record that keeps another from being inserted.
  struct Obstacle {
    Uuid id;
    std::string constraint;  ///< Whose key they share; "<table>_pkey" for the record's id.
  };
  /// Inserts one record and returns its id. Where live records have its id or one of its unique keys, nothing is
  /// written and they stand in `obstacles`; a deleted record of its id is replaced.
  Uuid InsertNew(std::string_view table, const Document& record, std::vector<Obstacle>& obstacles);
  int64_t NextSequenceValue(const Table& table, std::string_view column) {
    return registry_.sequences().Next(table.id, column);
  }
  void RenameSequence(const Table& table, std::string_view from, std::string_view to) {
    registry_.sequences().Rename(table.id, from, to);
  }
  /// `next` is the value that it gives next.
  void RestartSequence(const Table& table, std::string_view column, int64_t next = 1) {
    registry_.sequences().Restart(table.id, column, next);
  }
  void Update(const Uuid& id, const Document& merge_patch, const UpdateOptions& options);
  /// As Update, but each member of `members` replaces the record's whole member of that name; a null removes it, or
  /// stays null where the schema gives the member a default.
  void Replace(const Uuid& id, const Document& members);
  bool Delete(const Uuid& id);
  bool Restore(const Uuid& id);
  bool Purge(const Uuid& id);
  void SetEmbedding(const Uuid& id, std::string_view column, VectorValue vector);

 private:
  struct Prepared;
  struct Existing;

  /// Validates and embeds records[begin, end); several threads share a large batch. Returns a dimension that must be
  /// settled first, if any.
  std::optional<std::pair<std::string, uint32_t>> Prepare(const Table& table, std::span<const Document> records,
                                                          std::vector<Prepared>& out) const;
  std::optional<Existing> FindRow(const CatalogSnapshot& catalog, const Uuid& id) const;
  void EncodeRowKnowingKeys(const Table& table, const RowHeader& header, const DocumentView& properties,
                            std::string& out);
  /// `record` with the computed defaults of the members that it leaves out.
  Document WithDefaults(const Table& table, const Document& record) const;
  /// Error(kCheckViolation).
  void CheckRules(const Table& table, const RecordInput& input) const;
  /// The live record that has the primary key of a record for a table made by SQL.
  std::optional<Uuid> FindByPrimaryKey(const Table& table, const DocumentView& properties) const;
  Uuid IdOfRow(const Table& table, RowId row) const;
  /// Adds an insert of a new row.
  void AppendNew(const Table& table, RowId row, Prepared& record, Commit& commit, std::string& scratch, int64_t now);
  /// Adds the replacement of an existing row by `properties`.
  void AppendReplacement(const Existing& existing, const DocumentView& properties,
                         std::span<const VectorChange> vectors, ChangeOperation operation, Commit& commit);
  void Change(const Uuid& id, const Document& change, PatchKind kind, const UpdateOptions& options);
  /// Soft delete and restore.
  bool SetDeleted(const Uuid& id, bool deleted);
  /// Stored vectors that the schema requires in the record: validation must see them.
  std::vector<VectorChange> RequiredVectors(const Existing& existing) const;
  void AppendOldImage(const Existing& existing, Batch& batch) const;
  /// Makes room in an empty commit for inserts of `prepared[i]` for every i of `which`.
  static void ReserveForNew(const Table& table, std::span<const size_t> which, std::span<const Prepared> prepared,
                            Commit& commit);
  void AppendAllNew(const Table& table, std::span<const size_t> which, std::vector<Prepared>& prepared, Commit& commit);
  std::vector<Uuid> InsertLocked(const Table& table, std::vector<Prepared>& prepared, const InsertOptions& options);
  const Engine& reader() const { return target_ == nullptr ? *context_.engine : target_->reader(); }
  CatalogPtr catalog() const { return target_ == nullptr ? registry_.catalog() : target_->catalog(); }
  RecordLocks::Guard Lock(std::span<const Uuid> ids);
  void Submit(Commit& commit);
  /// Before records are inserted, with no lock held: see EmbeddingLimit.
  void AwaitRoom(std::string_view table);
  /// Settles the dimension of a vector column; inside a transaction Error(kConflict), since the definition of its table
  /// is another one then.
  void SettleDimension(TableId table, std::string_view column, uint32_t dimension);
  int64_t Now() const { return context_.clock->NowMicros(); }

  TenantContext& context_;
  TableRegistry& registry_;
  WriteTarget* const target_;
};

}  // namespace rem

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/definition_target.h"
#include "store/overlay_engine.h"
#include "store/read_view.h"
#include "store/record_writer.h"
#include "store/transaction_definitions.h"
#include "store/write_target.h"

namespace rem {

/// Pending changes of one transaction take at most this much memory.
inline constexpr size_t kMaxTransactionBytes = size_t{512} << 20;

/// A transaction under snapshot isolation over one tenant: reads see the database as it was at the beginning plus the
/// transaction's own changes, in records, indexes, vectors and lookups alike. Changes stay in memory until Commit(),
/// which writes them as one batch, so that others see all or none, also after a crash.
///
/// First committer wins: Commit() fails with Error(kConflict), SQLSTATE 40001, when another writer has changed a record
/// that this transaction changed, has inserted one that it inserted, or has changed the definition of a table that it
/// wrote to. A transaction that changes definitions also fails when any other definition has changed meanwhile, or a
/// record of a table that it redefined. Two transactions that change different records from what they read of each
/// other's (write skew) both commit.
///
/// Used by one thread at a time; a ReadView of it may be read by others meanwhile. Without Commit() it is as if it had
/// never been.
class Transaction final : public WriteTarget, public DefinitionTarget {
 public:
  /// `begin` is a change that `snapshot` has, with all before it; `moment` was taken before the snapshot. `vectors`:
  /// for its searches.
  Transaction(TenantContext& context, TableRegistry& registry, CatalogPtr catalog,
              std::shared_ptr<const EngineSnapshot> snapshot, CacheMoment moment, Sequence begin,
              std::shared_ptr<VectorIndexes> vectors);

  /// The tables as they were at the beginning, and what the transaction made of them.
  CatalogPtr catalog() const override { return definitions_.catalog(); }
  TablePtr Register(std::string_view name, const Document& json_schema, bool force) override;
  TablePtr Redefine(TableId table, uint64_t version, const Redefinition& change) override;
  void DropTable(std::string_view name) override { definitions_.Drop(name); }
  bool HasRecords(const Table& table) const override;
  /// The state now, for queries; later changes do not disturb it. `owner` is kept alive with it. Until the first change
  /// it is that of the beginning, with the caches that anybody's snapshot has.
  std::shared_ptr<const ReadView> View(std::shared_ptr<const void> owner = nullptr) const;
  /// Writes into the transaction. Purge is Error(kInTransaction).
  RecordWriter& writer() override { return writer_; }
  bool empty() const { return changes_.empty() && definitions_.empty(); }

  /// A point to come back to.
  struct Mark {
    uint64_t stamp = 0;
    size_t changes = 0;
    size_t relied = 0;
    size_t vacant = 0;
    TransactionDefinitions::StatePtr definitions;
  };
  Mark mark() const {
    return {overlay_->stamp(), changes_.size(), relied_.size(), vacant_.size(), definitions_.state()};
  }
  void RollbackTo(const Mark& mark);

  /// In the order in which they were made.
  const std::vector<PendingChange>& changes() const { return changes_; }
  /// A record, as it was read, that must be the same when the transaction commits.
  struct Relied {
    TableId table = 0;
    RowId row = 0;
    Uuid id;
    Sequence sequence = 0;
  };
  void RelyOn(const Relied& relied) { relied_.push_back(relied); }
  /// No index entry may start with `prefix` when the transaction commits.
  void KeepVacant(std::string prefix) { vacant_.push_back(std::move(prefix)); }

  /// Marks with names; a name hides an earlier equal one. Error(kNotFound) for an unknown name.
  void Savepoint(std::string_view name);
  void RollbackToSavepoint(std::string_view name);
  void Release(std::string_view name);

  /// Writes everything. Error(kConflict): see above. Whatever it throws, nothing of the transaction is there.
  void Commit();

  const Engine& reader() const override { return *overlay_; }
  void Submit(rem::Commit& commit) override;
  bool SettleDimension(TableId table, std::string_view column, uint32_t dimension) override {
    return definitions_.SetVectorDimension(table, column, dimension);
  }

 private:
  struct Named {
    std::string name;
    Mark mark;
  };
  std::vector<Named>::iterator FindSavepoint(std::string_view name);
  /// The changes with those of one record drawn together.
  std::vector<PendingChange> NetChanges() const;
  void CheckDefinitions(const std::vector<PendingChange>& changes) const;
  /// Error(kConflict) when another writer changed a definition, or a record of a table that is redefined here.
  void CheckNothingRedefined() const;
  /// With definitions, which are held exclusively then.
  void CommitDefinitions();
  /// Everything as one commit, checked against what others have done meanwhile.
  void Run(std::vector<PendingChange> changes, const std::function<void(rem::Commit&)>& run);
  void CheckUnchanged(const PendingChange& change) const;
  /// Index entries of this transaction that occupy a unique key.
  struct Occupied {
    TablePtr table;
    const IndexDefinition* index = nullptr;
    std::string key;
    Uuid lock;
  };
  std::vector<Occupied> OccupiedKeys(const std::vector<PendingChange>& changes) const;
  void CheckNotOccupied(const Occupied& occupied) const;
  void CheckRelied(const Relied& relied) const;
  void CheckVacant(const std::string& prefix) const;
  rem::Commit BuildCommit(std::vector<PendingChange> changes) const;

  TenantContext& context_;
  TableRegistry& registry_;
  TransactionDefinitions definitions_;
  const Sequence begin_;
  const std::shared_ptr<VectorIndexes> vectors_;
  const std::shared_ptr<const EngineSnapshot> snapshot_;
  const CacheMoment moment_;
  const std::shared_ptr<OverlayEngine> overlay_;
  RecordWriter writer_;
  std::vector<PendingChange> changes_;
  std::vector<Relied> relied_;
  std::vector<std::string> vacant_;
  std::vector<Named> savepoints_;
};

}  // namespace rem

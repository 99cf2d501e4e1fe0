#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "store/definition_target.h"
#include "store/embedding_limit.h"
#include "store/embedding_worker.h"
#include "store/index_builder.h"
#include "store/place_cache.h"
#include "store/read_view.h"
#include "store/record_writer.h"
#include "store/statistics_cache.h"
#include "store/table_registry.h"
#include "store/tenant_context.h"
#include "store/transaction.h"
#include "store/vector_indexes.h"

namespace rem {

struct EmbeddingStatus;

/// What all tenants of a store share.
struct StoreParts {
  std::shared_ptr<Engine> engine;
  CommitQueue* commits = nullptr;
  HybridClock* hybrid_clock = nullptr;
  Clock* clock = nullptr;
  ThreadPool* workers = nullptr;
  PlaceCache* places = nullptr;
  std::shared_ptr<ColumnCache> columns;
  std::shared_ptr<RowCache> rows;
  std::shared_ptr<IndexCache> indexes;
  OpenOptions options;
  RowRulesMaker make_rules = nullptr;
  Uuid database_id;
};

/// Everything of one tenant. Thread-safe.
class TenantStore final : public DefinitionTarget {
 public:
  TenantStore(const StoreParts& parts, TenantId tenant, std::string name);
  /// Saves the row counts and statistics, so that the next open has nothing to replay and nothing to sample.
  ~TenantStore() override;

  const std::string& name() const { return context_.name; }
  TenantId tenant() const { return context_.tenant; }

  TablePtr Register(std::string_view name, const Document& json_schema, bool force) override;
  void DropTable(std::string_view name) override;
  /// See TableRegistry::Redefine.
  TablePtr Redefine(TableId table, uint64_t version, const Redefinition& change) override;
  bool HasRecords(const Table& table) const override { return table.counters->live_rows > 0; }
  CatalogPtr catalog() const override;
  /// A catalog and a snapshot that belong together: no definition changed between them.
  std::pair<CatalogPtr, std::shared_ptr<const ReadView>> Consistent(std::shared_ptr<const void> owner = nullptr) const;
  bool WaitForIndexes(int64_t timeout_ms) { return indexes_.Wait(timeout_ms); }

  RecordWriter& writer() override;
  /// Must not outlive this tenant's store.
  std::unique_ptr<Transaction> Begin();

  /// One point in time, for queries. `owner` is kept alive with it: what the engine needs to stay open.
  std::shared_ptr<const ReadView> Snapshot(std::shared_ptr<const void> owner = nullptr) const;
  /// The newest state at each call: for single gets.
  ReadView Latest() const;
  /// Finds a record in a view of this tenant and reads its row into `buffer`, soft-deleted ones too. nullptr when there
  /// is none.
  TablePtr FindRow(const ReadView& view, const CatalogSnapshot& catalog, const Uuid& id, std::string& buffer) const;

  /// Drops the space of the tenant's deleted and overwritten data.
  void Compact();

  TenantLog& log() { return log_; }
  VectorIndexes& vector_indexes() { return *vectors_; }
  StatisticsCache& statistics() { return statistics_; }
  /// Writes what is known about the tables, which otherwise happens at the end.
  void SaveStatistics() { statistics_.Save(*catalog()); }
  void MakeVectorIndexes(const Table& table) override;
  EmbeddingWorker& embedding() { return embedding_; }
  EmbeddingStatus GetEmbeddingStatus(size_t max_failures) const;
  uint64_t RetryFailedEmbeddings();
  /// See TableRegistry::BeginReembedding; the worker does the rest.
  bool BeginReembedding(std::string_view table, std::string_view column, std::string_view provider);
  const Engine& engine() const { return *context_.engine; }
  Uuid database_id() const { return context_.origin; }

  /// Runs `commit_drop` with every writer of the tenant kept out; when it returns, every call from then on is
  /// Error(kTenant).
  void Drop(const std::function<void()>& commit_drop);

 private:
  TenantLog log_;
  TenantContext context_;
  TableRegistry tables_;
  StatisticsCache statistics_;
  RecordWriter writer_;
  IndexBuilder indexes_;
  EmbeddingWorker embedding_;
  EmbeddingLimit embedding_limit_;
  std::shared_ptr<VectorIndexes> vectors_;
};

}  // namespace rem

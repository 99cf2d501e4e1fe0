#include "store/embedding_status.h"

#include <map>
#include <shared_mutex>

#include "storage/key_codec.h"
#include "store/embedding_queue.h"
#include "store/row_vectors.h"

namespace rem {
namespace {

// Writers wait while so many rows are moved.
constexpr size_t kRowsAtOnce = 1000;

std::string DisplayName(const VectorColumn& column) {
  return column.name.substr(0, column.name.size() - (column.shadow ? kShadowSuffix.size() : 0));
}

const VectorColumn* ColumnOf(const Table& table, ColumnNumber number) {
  for (const VectorColumn& column : table.vectors) {
    if (column.number == number) return &column;
  }
  return nullptr;
}

}  // namespace

EmbeddingStatus ReadEmbeddingStatus(const Engine& engine, TenantId tenant, const CatalogSnapshot& catalog,
                                    const ReadView& view, const EmbeddingWorker::State& worker, size_t max_failures) {
  EmbeddingStatus status;
  status.embedded = worker.embedded;
  status.working = worker.working;
  status.last_error = worker.last_error;
  if (worker.next_attempt_micros) status.next_attempt = Timestamp{*worker.next_attempt_micros};
  std::map<std::pair<TableId, ColumnNumber>, EmbeddingQueue> queues;
  std::string row;
  for (const MetaKind kind : {MetaKind::kPendingEmbedding, MetaKind::kFailedEmbedding}) {
    const std::string prefix = MetaKey(tenant, kind);
    auto it = engine.Scan(
        Family::kMeta, {.snapshot = view.snapshot(), .lower = prefix, .upper = PrefixEnd(prefix), .fill_cache = false});
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      const EmbeddingPlace place = PlaceOfEmbeddingKey(it->key());
      const TablePtr table = catalog.FindById(place.table);
      const VectorColumn* column = table == nullptr ? nullptr : ColumnOf(*table, place.column);
      if (column == nullptr) continue;  // Of a soft-deleted row, or of a table that is being dropped.
      EmbeddingQueue& queue = queues[{place.table, place.column}];
      queue.table = table->name();
      queue.column = DisplayName(*column);
      queue.reembedding = column->shadow;
      queue.provider = column->provider_name;
      const EmbeddingAttempts attempts = DecodeEmbeddingAttempts(it->value());
      if (kind == MetaKind::kPendingEmbedding) {
        ++queue.pending;
        if (attempts.attempts > 0) ++queue.retrying;
        continue;
      }
      ++queue.failed;
      if (status.failures.size() >= max_failures || !view.GetRow(*table, place.row, row)) continue;
      status.failures.push_back({RowView(row, nullptr).id(), table->name(), DisplayName(*column), attempts.attempts,
                                 Timestamp{attempts.at_micros}, attempts.error});
    }
  }
  for (auto& [key, queue] : queues) {
    status.pending += queue.pending;
    status.failed += queue.failed;
    status.queues.push_back(std::move(queue));
  }
  return status;
}

uint64_t RetryFailedEmbeddings(TenantContext& context) {
  const std::string prefix = MetaKey(context.tenant, MetaKind::kFailedEmbedding);
  const std::string again = EncodeEmbeddingAttempts({});
  uint64_t rows = 0;
  for (;;) {
    std::shared_lock definitions(context.definitions);
    context.CheckNotDropped();
    const RecordLocks::Guard guard = context.locks.LockAll();
    auto it = context.engine->Scan(Family::kMeta, {.lower = prefix, .upper = PrefixEnd(prefix), .fill_cache = false});
    Commit commit;
    size_t moved = 0;
    for (it->SeekToFirst(); it->Valid() && moved < kRowsAtOnce; it->Next(), ++moved) {
      const EmbeddingPlace place = PlaceOfEmbeddingKey(it->key());
      commit.batch.Delete(Family::kMeta, it->key());
      commit.batch.Put(Family::kMeta,
                       EmbeddingKey(MetaKind::kPendingEmbedding, context.tenant, place.table, place.column, place.row),
                       again);
      if ((place.column & kArchivedColumn) == 0) ++rows;
    }
    if (moved == 0) return rows;
    context.commits->Run(commit);
  }
}

}  // namespace rem

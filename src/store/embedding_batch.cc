#include "store/embedding_batch.h"

#include <mutex>
#include <shared_mutex>

#include "embedding/provider.h"
#include "storage/key_codec.h"
#include "storage/row_codec.h"
#include "store/record_input.h"

namespace rem {

std::optional<std::string> EmbeddingBatches::TextOf(const Table& table, RowId row, Uuid& id, uint64_t& sequence) const {
  std::string bytes;
  if (!context_.engine->Get(Family::kRows, RowKey(table.tenant, table.id, row), bytes)) return std::nullopt;
  const RowView view(bytes, table.keys.get());
  if (view.deleted()) return std::nullopt;
  id = view.id();
  sequence = view.sequence();
  return TextToEmbed(table, view.properties());
}

EmbeddingBatch EmbeddingBatches::Take(const TablePtr& table, const VectorColumn& column, RowId from, size_t max_texts,
                                      size_t max_bytes) const {
  EmbeddingBatch batch;
  batch.table = table;
  batch.column = column;
  batch.next = from;
  const int64_t now = context_.clock->NowMicros();
  const std::string prefix = EmbeddingPrefix(MetaKind::kPendingEmbedding, table->tenant, table->id, column.number);
  ScanOptions options;
  options.lower = EmbeddingKey(MetaKind::kPendingEmbedding, table->tenant, table->id, column.number, from);
  options.upper = PrefixEnd(prefix);
  auto it = context_.engine->Scan(Family::kMeta, std::move(options));
  size_t bytes = 0;
  std::string value;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (batch.texts.size() + batch.stale.size() >= max_texts || bytes >= max_bytes) return batch;
    const RowId row = PlaceOfEmbeddingKey(it->key()).row;
    const EmbeddingAttempts attempts = DecodeEmbeddingAttempts(it->value());
    batch.next = row + 1;
    if (attempts.at_micros > now) {
      batch.due_micros = std::min(batch.due_micros.value_or(attempts.at_micros), attempts.at_micros);
      continue;
    }
    PendingText pending;
    uint64_t sequence = 0;
    auto text = TextOf(*table, row, pending.id, sequence);
    if (!text ||
        context_.engine->Get(Family::kVectors, VectorKey(table->tenant, table->id, column.number, row), value)) {
      batch.stale.push_back(row);
      continue;
    }
    pending.row = row;
    pending.text = std::move(*text);
    pending.attempts = attempts.attempts;
    bytes += pending.text.size();
    batch.texts.push_back(std::move(pending));
  }
  batch.end = true;
  return batch;
}

const VectorColumn* EmbeddingBatches::FindColumn(const EmbeddingBatch& batch, TablePtr& table) const {
  table = registry_.catalog()->FindById(batch.table->id);
  if (table == nullptr) return nullptr;
  for (const VectorColumn& column : table->vectors) {
    if (column.number == batch.column.number && column.provider == batch.column.provider) return &column;
  }
  return nullptr;
}

bool EmbeddingBatches::Waits(const Table& table, const VectorColumn& column, RowId row) const {
  std::string value;
  return context_.engine->Get(
      Family::kMeta, EmbeddingKey(MetaKind::kPendingEmbedding, table.tenant, table.id, column.number, row), value);
}

size_t EmbeddingBatches::StoreVectors(const EmbeddingBatch& batch, std::span<const PendingText> texts,
                                      std::span<const float> vectors) {
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  TablePtr table;
  const VectorColumn* column = FindColumn(batch, table);
  if (column == nullptr) return 0;
  std::vector<Uuid> ids;
  ids.reserve(texts.size());
  for (const PendingText& text : texts) ids.push_back(text.id);
  const RecordLocks::Guard guard = context_.locks.LockMany(ids);
  Commit commit;
  commit.log = context_.log;
  const size_t dimension = column->dimension;
  for (size_t i = 0; i < texts.size(); ++i) {
    const RowId row = texts[i].row;
    Uuid id;
    uint64_t sequence = 0;
    if (!Waits(*table, *column, row) || TextOf(*table, row, id, sequence) != texts[i].text) continue;
    AppendQueueRemoval(*table, *column, row, commit.batch);
    const char* bytes = reinterpret_cast<const char*>(vectors.data() + i * dimension);
    commit.batch.Put(Family::kVectors, VectorKey(table->tenant, table->id, column->number, row),
                     {bytes, dimension * sizeof(float)});
    PendingChange change;
    change.entry.operation = ChangeOperation::kEmbed;
    change.entry.live_before = change.entry.live_after = true;
    change.entry.table = table->id;
    change.entry.row = row;
    change.entry.id = id;
    change.entry.previous = sequence;
    commit.changes.push_back(std::move(change));
  }
  if (!commit.batch.empty()) context_.commits->Run(commit);
  return commit.changes.size();
}

void EmbeddingBatches::StoreFailure(const EmbeddingBatch& batch, const PendingText& text,
                                    const EmbeddingAttempts& attempts, bool give_up) {
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  TablePtr table;
  const VectorColumn* column = FindColumn(batch, table);
  if (column == nullptr) return;
  const RecordLocks::Guard guard = context_.locks.Lock(text.id);
  Uuid id;
  uint64_t sequence = 0;
  if (!Waits(*table, *column, text.row) || TextOf(*table, text.row, id, sequence) != text.text) return;
  Commit commit;
  AppendQueueRemoval(*table, *column, text.row, commit.batch);
  const MetaKind kind = give_up ? MetaKind::kFailedEmbedding : MetaKind::kPendingEmbedding;
  commit.batch.Put(Family::kMeta, EmbeddingKey(kind, table->tenant, table->id, column->number, text.row),
                   EncodeEmbeddingAttempts(attempts));
  context_.commits->Run(commit);
}

void EmbeddingBatches::DropStale(const EmbeddingBatch& batch) {
  if (batch.stale.empty()) return;
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  TablePtr table;
  const VectorColumn* column = FindColumn(batch, table);
  if (column == nullptr) return;
  // Few, and rare: the record that a row belongs to may be gone, so its lock cannot be known.
  const RecordLocks::Guard guard = context_.locks.LockAll();
  Commit commit;
  std::string value;
  for (const RowId row : batch.stale) {
    Uuid id;
    uint64_t sequence = 0;
    const std::string key = VectorKey(table->tenant, table->id, column->number, row);
    const bool has_vector = context_.engine->Get(Family::kVectors, key, value);
    if (!has_vector && TextOf(*table, row, id, sequence)) continue;
    AppendQueueRemoval(*table, *column, row, commit.batch);
  }
  if (!commit.batch.empty()) context_.commits->Run(commit);
}

}  // namespace rem

#include "store/embedding_batch.h"

#include <mutex>
#include <shared_mutex>

#include "embedding/provider.h"
#include "storage/key_codec.h"
#include "storage/row_codec.h"
#include "store/record_input.h"
#include "store/row_vectors.h"

namespace rem {

namespace {

// Writers wait while so many rows are looked at.
constexpr size_t kRowsAtOnce = 512;

}  // namespace

std::optional<std::string> EmbeddingBatches::TextOf(const Table& table, const VectorColumn& column, RowId row, Uuid& id,
                                                    uint64_t& sequence) const {
  std::string bytes;
  if (!context_.engine->Get(Family::kRows, RowKey(table.tenant, table.id, row), bytes)) return std::nullopt;
  const RowView view(bytes, table.keys.get());
  if (view.deleted() != ((column.number & kArchivedColumn) != 0)) return std::nullopt;
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
    auto text = TextOf(*table, column, row, pending.id, sequence);
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

std::optional<VectorColumn> EmbeddingBatches::FindColumn(const EmbeddingBatch& batch, TablePtr& table) const {
  table = registry_.catalog()->FindById(batch.table->id);
  if (table == nullptr) return std::nullopt;
  const auto number = static_cast<ColumnNumber>(batch.column.number & ~kArchivedColumn);
  for (const VectorColumn& column : table->vectors) {
    if (column.number != number || column.provider != batch.column.provider) continue;
    VectorColumn found = column;
    found.number = batch.column.number;
    return found;
  }
  return std::nullopt;
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
  const std::optional<VectorColumn> column = FindColumn(batch, table);
  if (!column) return 0;
  std::vector<Uuid> ids;
  ids.reserve(texts.size());
  for (const PendingText& text : texts) ids.push_back(text.id);
  const RecordLocks::Guard guard = context_.locks.LockMany(ids);
  Commit commit;
  commit.log = context_.log;
  const size_t dimension = column->dimension;
  size_t stored = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const RowId row = texts[i].row;
    Uuid id;
    uint64_t sequence = 0;
    if (!Waits(*table, *column, row) || TextOf(*table, *column, row, id, sequence) != texts[i].text) continue;
    AppendQueueRemoval(*table, *column, row, commit.batch);
    const char* bytes = reinterpret_cast<const char*>(vectors.data() + i * dimension);
    commit.batch.Put(Family::kVectors, VectorKey(table->tenant, table->id, column->number, row),
                     {bytes, dimension * sizeof(float)});
    ++stored;
    // Nobody reads a shadow; who follows the log meets it when it takes its place.
    if (column->shadow) continue;
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
  return stored;
}

void EmbeddingBatches::StoreFailure(const EmbeddingBatch& batch, const PendingText& text,
                                    const EmbeddingAttempts& attempts, bool give_up) {
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  TablePtr table;
  const std::optional<VectorColumn> column = FindColumn(batch, table);
  if (!column) return;
  const RecordLocks::Guard guard = context_.locks.Lock(text.id);
  Uuid id;
  uint64_t sequence = 0;
  if (!Waits(*table, *column, text.row) || TextOf(*table, *column, text.row, id, sequence) != text.text) return;
  Commit commit;
  AppendQueueRemoval(*table, *column, text.row, commit.batch);
  const MetaKind kind = give_up ? MetaKind::kFailedEmbedding : MetaKind::kPendingEmbedding;
  commit.batch.Put(Family::kMeta, EmbeddingKey(kind, table->tenant, table->id, column->number, text.row),
                   EncodeEmbeddingAttempts(attempts));
  context_.commits->Run(commit);
}

bool EmbeddingBatches::QueueRows(const TablePtr& table, const VectorColumn& shadow, RowId& from) {
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  EmbeddingBatch batch;
  batch.table = table;
  batch.column = shadow;
  TablePtr now;
  if (!FindColumn(batch, now)) return false;
  const RecordLocks::Guard guard = context_.locks.LockAll();
  ScanOptions options;
  options.lower = RowKey(now->tenant, now->id, from);
  options.upper = TablePrefix(now->tenant, now->id + 1);
  options.fill_cache = false;
  auto it = context_.engine->Scan(Family::kRows, std::move(options));
  Commit commit;
  std::string value;
  size_t rows = 0;
  for (it->SeekToFirst(); it->Valid() && rows < kRowsAtOnce; it->Next(), ++rows) {
    const RowId row = RowIdOfRowKey(it->key());
    from = row + 1;
    const RowView view(it->value(), now->keys.get());
    VectorColumn column = shadow;
    if (view.deleted()) column.number |= kArchivedColumn;
    if (!TextToEmbed(*now, view.properties())) continue;
    if (context_.engine->Get(Family::kVectors, VectorKey(now->tenant, now->id, column.number, row), value)) continue;
    if (IsKnown(*now, column, row)) continue;
    AppendPending(*now, column, row, commit.batch);
  }
  if (!commit.batch.empty()) context_.commits->Run(commit);
  return rows > 0;
}

bool EmbeddingBatches::IsKnown(const Table& table, const VectorColumn& column, RowId row) const {
  std::string value;
  for (const MetaKind kind : {MetaKind::kPendingEmbedding, MetaKind::kFailedEmbedding}) {
    if (context_.engine->Get(Family::kMeta, EmbeddingKey(kind, table.tenant, table.id, column.number, row), value))
      return true;
  }
  return false;
}

void EmbeddingBatches::DropStale(const EmbeddingBatch& batch) {
  if (batch.stale.empty()) return;
  std::shared_lock definitions(context_.definitions);
  context_.CheckNotDropped();
  TablePtr table;
  const std::optional<VectorColumn> column = FindColumn(batch, table);
  if (!column) return;
  // Few, and rare: the record that a row belongs to may be gone, so its lock cannot be known.
  const RecordLocks::Guard guard = context_.locks.LockAll();
  Commit commit;
  std::string value;
  for (const RowId row : batch.stale) {
    Uuid id;
    uint64_t sequence = 0;
    const std::string key = VectorKey(table->tenant, table->id, column->number, row);
    const bool has_vector = context_.engine->Get(Family::kVectors, key, value);
    if (!has_vector && TextOf(*table, *column, row, id, sequence)) continue;
    AppendQueueRemoval(*table, *column, row, commit.batch);
  }
  if (!commit.batch.empty()) context_.commits->Run(commit);
}

}  // namespace rem

#include "store/embedding_queue.h"

#include <algorithm>

#include <fmt/format.h>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/utf8.h"
#include "embedding/provider.h"
#include "storage/key_codec.h"
#include "store/row_vectors.h"

namespace rem {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kPlaceBytes = 14;
constexpr MetaKind kKinds[] = {MetaKind::kPendingEmbedding, MetaKind::kFailedEmbedding};

}  // namespace

std::string EncodeEmbeddingAttempts(const EmbeddingAttempts& attempts) {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  AppendFixed(out, attempts.attempts);
  AppendFixed(out, attempts.at_micros);
  out += Utf8Prefix(attempts.error, kMaxEmbeddingErrorBytes);
  return out;
}

EmbeddingAttempts DecodeEmbeddingAttempts(std::string_view in) {
  EmbeddingAttempts attempts;
  uint8_t version = 0;
  const bool known = TakeFixed(in, version) && version <= kVersion;
  if (version > kVersion) {
    throw Error(
        ErrorCode::kFormatVersion,
        fmt::format("An entry of the embedding queue has format {}, this version knows up to {}", version, kVersion),
        "open the database with the version of REM DB that wrote it, or a newer one");
  }
  if (!known || version == 0 || !TakeFixed(in, attempts.attempts) || !TakeFixed(in, attempts.at_micros)) {
    throw Error(ErrorCode::kCorruption, "An entry of the embedding queue is damaged",
                "restore the database from a backup");
  }
  attempts.error = std::string(in);
  return attempts;
}

EmbeddingPlace PlaceOfEmbeddingKey(std::string_view key) {
  REM_CHECK(key.size() == MetaKey(0, MetaKind::kPendingEmbedding).size() + kPlaceBytes);
  const char* place = key.data() + key.size() - kPlaceBytes;
  return {LoadBig32(place), static_cast<ColumnNumber>(__builtin_bswap16(LoadFixed<uint16_t>(place + 4))),
          LoadBig64(place + 6)};
}

bool IsQueued(const VectorColumn& column) {
  return column.provider != nullptr && (column.shadow || !column.provider->inline_on_insert());
}

bool HasQueuedColumns(const Table& table) {
  return std::any_of(table.vectors.begin(), table.vectors.end(), [](const auto& column) { return IsQueued(column); });
}

void AppendPending(const Table& table, const VectorColumn& column, RowId row, Batch& batch) {
  static const std::string fresh = EncodeEmbeddingAttempts({});
  batch.Put(Family::kMeta, EmbeddingKey(MetaKind::kPendingEmbedding, table.tenant, table.id, column.number, row),
            fresh);
}

void AppendQueueRemoval(const Table& table, const VectorColumn& column, RowId row, Batch& batch) {
  for (const MetaKind kind : kKinds)
    batch.Delete(Family::kMeta, EmbeddingKey(kind, table.tenant, table.id, column.number, row));
}

void AppendQueueMove(const Engine& reader, const Table& table, const VectorColumn& column, RowId row, bool to_archive,
                     Batch& batch) {
  std::string value;
  for (const MetaKind kind : kKinds) {
    std::string live = EmbeddingKey(kind, table.tenant, table.id, column.number, row);
    std::string archived = EmbeddingKey(kind, table.tenant, table.id, column.number | kArchivedColumn, row);
    if (!reader.Get(Family::kMeta, to_archive ? live : archived, value)) continue;
    batch.Put(Family::kMeta, to_archive ? archived : live, value);
    batch.Delete(Family::kMeta, to_archive ? live : archived);
    // Inside a transaction the worker may have made the vector since the row was read.
    if (to_archive) batch.Delete(Family::kVectors, VectorKey(table.tenant, table.id, column.number, row));
  }
}

bool IsQueueEmpty(const Engine& engine, TenantId tenant, TableId table, ColumnNumber column) {
  for (const MetaKind kind : kKinds) {
    const std::string prefix = EmbeddingPrefix(kind, tenant, table, column);
    auto it = engine.Scan(Family::kMeta, {.lower = prefix, .upper = PrefixEnd(prefix)});
    it->SeekToFirst();
    if (it->Valid()) return false;
  }
  return true;
}

void AppendQueueDrop(TenantId tenant, TableId table, ColumnNumber column, Batch& batch) {
  for (const MetaKind kind : kKinds) {
    const std::string prefix = EmbeddingPrefix(kind, tenant, table, column);
    batch.DeleteRange(Family::kMeta, prefix, PrefixEnd(prefix));
  }
}

void AppendQueueDrop(TenantId tenant, TableId table, Batch& batch) {
  std::string rest;
  AppendBig32(rest, table);
  for (const MetaKind kind : kKinds) {
    const std::string prefix = MetaKey(tenant, kind, rest);
    batch.DeleteRange(Family::kMeta, prefix, PrefixEnd(prefix));
  }
}

}  // namespace rem

#include "store/row_vectors.h"

#include <string>

#include "store/embedding_queue.h"

namespace rem {

namespace {

void PutVector(std::string_view key, const VectorValue& vector, Batch& batch) {
  batch.Put(Family::kVectors, key, {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)});
}

/// Has the vector of a row of a shadow made where the row goes, whatever was at its old place.
void AppendRequeue(const Table& table, const VectorColumn& column, RowId row, bool to_archive, Batch& batch) {
  VectorColumn archived = column;
  archived.number |= kArchivedColumn;
  const VectorColumn& from = to_archive ? column : archived;
  batch.Delete(Family::kVectors, VectorKey(table.tenant, table.id, from.number, row));
  AppendQueueRemoval(table, from, row, batch);
  AppendPending(table, to_archive ? archived : column, row, batch);
}

}  // namespace

void AppendNewVectors(const Table& table, RowId row, std::span<const VectorChange> changes, Batch& batch) {
  for (const VectorChange& change : changes) {
    if (change.vector) PutVector(VectorKey(table.tenant, table.id, change.column->number, row), *change.vector, batch);
    if (change.pending) AppendPending(table, *change.column, row, batch);
  }
}

void AppendVectorChanges(const Table& table, RowId row, std::span<const VectorChange> changes, Batch& batch) {
  for (const VectorChange& change : changes) {
    const std::string key = VectorKey(table.tenant, table.id, change.column->number, row);
    if (change.vector) {
      PutVector(key, *change.vector, batch);
    } else {
      batch.Delete(Family::kVectors, key);
    }
    if (IsQueued(*change.column)) AppendQueueRemoval(table, *change.column, row, batch);
    if (change.pending) AppendPending(table, *change.column, row, batch);
  }
}

void KeepVectorsOfSameText(const Engine& reader, const Table& table, RowId row, const RowView& stored,
                           RecordInput& replacement) {
  if (stored.deleted() || !HasQueuedColumns(table)) return;
  if (TextToEmbed(table, stored.properties()) != TextToEmbed(table, replacement.properties)) return;
  std::string value;
  std::erase_if(replacement.vectors, [&](const VectorChange& change) {
    if (!change.pending) return false;
    const ColumnNumber column = change.column->number;
    const std::string pending = EmbeddingKey(MetaKind::kPendingEmbedding, table.tenant, table.id, column, row);
    return reader.Get(Family::kVectors, VectorKey(table.tenant, table.id, column, row), value) ||
           reader.Get(Family::kMeta, pending, value);
  });
}

void AppendVectorMoves(const Engine& reader, const Table& table, RowId row, bool to_archive, Batch& batch) {
  std::string value;
  for (const VectorColumn& column : table.vectors) {
    std::string live = VectorKey(table.tenant, table.id, column.number, row);
    std::string archived = VectorKey(table.tenant, table.id, column.number | kArchivedColumn, row);
    const std::string& from = to_archive ? live : archived;
    const bool there = reader.Get(Family::kVectors, from, value);
    if (!there && column.shadow) {
      // Inside a transaction the worker may have queued the row, or made its vector, since the transaction began.
      AppendRequeue(table, column, row, to_archive, batch);
      continue;
    }
    if (IsQueued(column)) AppendQueueMove(reader, table, column, row, to_archive, batch);
    if (!there) continue;
    bool fits = value.size() == column.dimension * sizeof(float);
    if (!to_archive && !fits) {
      // The column changed its dimension while the row was deleted.
      batch.Delete(Family::kVectors, from);
      continue;
    }
    batch.Put(Family::kVectors, to_archive ? archived : live, value);
    batch.Delete(Family::kVectors, from);
  }
}

void AppendVectorRemovals(const Table& table, RowId row, Batch& batch) {
  for (const VectorColumn& column : table.vectors) {
    batch.Delete(Family::kVectors, VectorKey(table.tenant, table.id, column.number, row));
    batch.Delete(Family::kVectors, VectorKey(table.tenant, table.id, column.number | kArchivedColumn, row));
    if (!IsQueued(column)) continue;
    AppendQueueRemoval(table, column, row, batch);
    VectorColumn archived = column;
    archived.number |= kArchivedColumn;
    AppendQueueRemoval(table, archived, row, batch);
  }
}

}  // namespace rem

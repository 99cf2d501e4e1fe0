#include "store/row_vectors.h"

#include <string>

namespace rem {

void AppendVectorChanges(const Table& table, RowId row, std::span<const VectorChange> changes, Batch& batch) {
  for (const VectorChange& change : changes) {
    std::string key = VectorKey(table.tenant, table.id, change.column->number, row);
    if (!change.vector) {
      batch.Delete(Family::kVectors, key);
      continue;
    }
    const VectorValue& vector = *change.vector;
    batch.Put(Family::kVectors, key, {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)});
  }
}

void AppendVectorMoves(const Engine& reader, const Table& table, RowId row, bool to_archive, Batch& batch) {
  std::string value;
  for (const VectorColumn& column : table.vectors) {
    std::string live = VectorKey(table.tenant, table.id, column.number, row);
    std::string archived = VectorKey(table.tenant, table.id, column.number | kArchivedColumn, row);
    const std::string& from = to_archive ? live : archived;
    if (!reader.Get(Family::kVectors, from, value)) continue;
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
  }
}

}  // namespace rem

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "catalog/table.h"
#include "storage/batch.h"
#include "storage/engine.h"

namespace rem {

// Rows that wait for a vector from a provider that does not embed inline, and rows that the worker gave up: one key for
// each row and column in family meta, written in the batch that changes the row. A row has its vector, or waits, or was
// given up, or has no text; never two of these. Like vectors, the entries of soft-deleted rows lie under the column's
// number with kArchivedColumn, where the worker does not look.

/// What was tried on a row so far, the value of both kinds of keys (docs/formats/embedding_queue.md).
struct EmbeddingAttempts {
  uint8_t attempts = 0;
  int64_t at_micros = 0;  ///< Not to be tried before; of a row that was given up, when that was.
  std::string error;      ///< The last attempt's, at most kMaxEmbeddingErrorBytes.
};
inline constexpr size_t kMaxEmbeddingErrorBytes = 1000;

std::string EncodeEmbeddingAttempts(const EmbeddingAttempts& attempts);
/// Error(kCorruption), Error(kFormatVersion).
EmbeddingAttempts DecodeEmbeddingAttempts(std::string_view bytes);

/// Where a key of either kind stands.
struct EmbeddingPlace {
  TableId table = 0;
  ColumnNumber column = 0;
  RowId row = 0;
};
EmbeddingPlace PlaceOfEmbeddingKey(std::string_view key);

/// The worker fills this column.
bool IsQueued(const VectorColumn& column);
bool HasQueuedColumns(const Table& table);

void AppendPending(const Table& table, const VectorColumn& column, RowId row, Batch& batch);
/// Removes what the queue knows of a live row.
void AppendQueueRemoval(const Table& table, const VectorColumn& column, RowId row, Batch& batch);
/// Moves what the queue knows of a row with the row, out of the worker's sight or back.
void AppendQueueMove(const Engine& reader, const Table& table, const VectorColumn& column, RowId row, bool to_archive,
                     Batch& batch);
/// Whether no row of a column waits or was given up.
bool IsQueueEmpty(const Engine& engine, TenantId tenant, TableId table, ColumnNumber column);
/// Removes the whole queue of a column, or of all columns of a table.
void AppendQueueDrop(TenantId tenant, TableId table, ColumnNumber column, Batch& batch);
void AppendQueueDrop(TenantId tenant, TableId table, Batch& batch);

}  // namespace rem

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/embedding_queue.h"
#include "store/table_registry.h"
#include "store/tenant_context.h"

namespace rem {

/// A row that waits for its vector, and the text to make it from.
struct PendingText {
  RowId row = 0;
  Uuid id;
  std::string text;
  uint8_t attempts = 0;  ///< So far.
};

/// Some rows of one vector column that wait.
struct EmbeddingBatch {
  TablePtr table;
  VectorColumn column;
  std::vector<PendingText> texts;
  std::vector<RowId> stale;  ///< Wait in vain: gone, without text, or with a vector.
  RowId next = 0;            ///< Where the next batch begins.
  bool end = false;          ///< No row from `next` on waits.
  /// The time at which the first of the rows that were passed over is to be tried again.
  std::optional<int64_t> due_micros;

  bool empty() const { return texts.empty() && stale.empty(); }
};

/// Reads and settles entries of the embedding queue. What it writes holds only where the row still waits and has the
/// text that was embedded; every other row stays as it is, and is taken again if it waits. Hence each vector is written
/// once, whatever happens meanwhile.
class EmbeddingBatches {
 public:
  EmbeddingBatches(TenantContext& context, TableRegistry& registry) : context_(context), registry_(registry) {}

  /// The first rows from `from` on that wait and are due: at most `max_texts`, with about `max_bytes` of text, or one.
  EmbeddingBatch Take(const TablePtr& table, const VectorColumn& column, RowId from, size_t max_texts,
                      size_t max_bytes) const;
  /// Writes the vectors of `texts`, one after the other in `vectors`. Returns how many were written.
  size_t StoreVectors(const EmbeddingBatch& batch, std::span<const PendingText> texts, std::span<const float> vectors);
  /// Has one row tried again later, or gives it up.
  void StoreFailure(const EmbeddingBatch& batch, const PendingText& text, const EmbeddingAttempts& attempts,
                    bool give_up);
  /// Puts the rows of a shadow from `from` on into the queue that have neither vector nor entry, soft-deleted ones too:
  /// some at a time, with writers held off. Moves `from` on; false when there was no row left.
  bool QueueRows(const TablePtr& table, const VectorColumn& shadow, RowId& from);
  /// Takes rows out of the queue that have no use there.
  void DropStale(const EmbeddingBatch& batch);

 private:
  /// The column as it is now, with the number that the batch has; nullopt when the table or the column's model is
  /// another one.
  std::optional<VectorColumn> FindColumn(const EmbeddingBatch& batch, TablePtr& table) const;
  bool IsKnown(const Table& table, const VectorColumn& column, RowId row) const;
  bool Waits(const Table& table, const VectorColumn& column, RowId row) const;
  /// The text of a row that is live, or soft-deleted where the column's number says so; nullopt without one.
  std::optional<std::string> TextOf(const Table& table, const VectorColumn& column, RowId row, Uuid& id,
                                    uint64_t& sequence) const;

  TenantContext& context_;
  TableRegistry& registry_;
};

}  // namespace rem

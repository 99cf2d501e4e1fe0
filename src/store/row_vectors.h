#pragma once

#include <span>

#include "storage/batch.h"
#include "store/record_input.h"
#include "store/tenant_context.h"

namespace rem {

// The vectors of live rows lie under their column's number; those of soft-deleted rows under the number with this bit,
// so that a search reads live vectors only and a restore loses none.
inline constexpr ColumnNumber kArchivedColumn = 0x8000;

/// Of a new row: puts only.
void AppendNewVectors(const Table& table, RowId row, std::span<const VectorChange> changes, Batch& batch);
void AppendVectorChanges(const Table& table, RowId row, std::span<const VectorChange> changes, Batch& batch);
/// Takes what would wait for the worker out of a replacement of `stored` where the row's vector was made from the same
/// text, or will be.
void KeepVectorsOfSameText(const Engine& reader, const Table& table, RowId row, const RowView& stored,
                           RecordInput& replacement);
/// Moves the vectors of a row out of the sight of searches, or back.
void AppendVectorMoves(const Engine& reader, const Table& table, RowId row, bool to_archive, Batch& batch);
void AppendVectorRemovals(const Table& table, RowId row, Batch& batch);

}  // namespace rem

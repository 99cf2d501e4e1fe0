#pragma once

#include <span>

#include "storage/batch.h"
#include "store/record_input.h"
#include "store/tenant_context.h"

namespace rem {

// The vectors of live rows lie under their column's number; those of soft-deleted rows under the number with this bit,
// so that a search reads live vectors only and a restore loses none.
inline constexpr ColumnNumber kArchivedColumn = 0x8000;

void AppendVectorChanges(const Table& table, RowId row, std::span<const VectorChange> changes, Batch& batch);
/// Moves the vectors of a row out of the sight of searches, or back.
void AppendVectorMoves(const Engine& reader, const Table& table, RowId row, bool to_archive, Batch& batch);
void AppendVectorRemovals(const Table& table, RowId row, Batch& batch);

}  // namespace rem

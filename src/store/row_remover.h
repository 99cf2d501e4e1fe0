#pragma once

#include "storage/batch.h"
#include "storage/row_codec.h"
#include "store/tenant_context.h"

namespace rem {

/// Adds to the batch what removes a record for good: row, id, entries, vectors, and its images in the change log. Not
/// the log entries themselves.
void AppendRowRemoval(const TenantContext& context, const Table& table, RowId row, const RowView& view, Batch& batch);

/// Removes every record of a dropped table, a bounded number at a time; may be repeated after a crash.
void RemoveAllRows(const TenantContext& context, const Table& table);

}  // namespace rem

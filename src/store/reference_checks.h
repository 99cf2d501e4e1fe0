#pragma once

#include "store/read_view.h"
#include "store/transaction.h"

namespace rem {

/// Whether any table of the catalog has a foreign key.
bool HasForeignKeys(const CatalogSnapshot& catalog);

/// Keeps the foreign keys of a tenant at the end of a statement, as PostgreSQL does: records that refer to keys which
/// the statement took away are deleted (CASCADE), changed (CASCADE, SET NULL) or are Error(kForeignKeyViolation), and
/// every record that it wrote must refer to a key that is there. `since` is the transaction's mark before the
/// statement, `before` what it saw. What is relied on is checked once more when the transaction commits, against other
/// writers.
void EnforceForeignKeys(Transaction& transaction, const Transaction::Mark& since, const ReadView& before);

/// Checks every record of a table whose foreign keys are new, in the transaction that defined them.
void CheckForeignKeysOf(Transaction& transaction, const Table& child);

}  // namespace rem

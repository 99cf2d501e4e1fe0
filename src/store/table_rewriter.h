#pragma once

#include <functional>
#include <string>
#include <vector>

#include <rem/document.h>

#include "catalog/table.h"
#include "store/commit_queue.h"
#include "store/tenant_context.h"

namespace rem {

/// What a changed definition makes of a record's properties.
using RowTransform = std::function<Document(const DocumentView& properties)>;

/// A new definition of a table, together with what becomes of its records.
struct Redefinition {
  std::string name;  ///< Registered name.
  Document schema;
  RowTransform transform;   ///< Empty: records stay as they are.
  bool check_rows = false;  ///< Every live record must fit the new schema.
};

/// Adds to `commit` all that turns the records of `before` that `reader` has into records of `after`: rows, index and
/// lookup entries. `add_keys` makes member names known to the table's dictionary. Errors: what the new schema refuses,
/// kUniqueViolation, kLimitExceeded where the records do not fit into one commit.
void RewriteRows(const TenantContext& context, const Engine& reader, const Table& before, const Table& after,
                 const Redefinition& change, const std::function<void(const std::vector<std::string>&)>& add_keys,
                 Commit& commit);

}  // namespace rem

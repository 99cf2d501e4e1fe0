#pragma once

#include <span>
#include <string>

#include "store/tenant_context.h"

namespace rem {

/// Writes what a change of a table's schema alters in rows that are there: their lookup entries, from those of
/// `old_lookup_fields` to the table's, and, if asked, the vectors that providers make. A bounded number of rows at a
/// time; may be repeated after a crash. The caller keeps writers out.
void RederiveRows(const TenantContext& context, const Table& table, std::span<const std::string> old_lookup_fields,
                  bool vectors);

}  // namespace rem

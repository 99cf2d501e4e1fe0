#pragma once

#include <string>
#include <vector>

#include "store/tenant_store.h"

namespace rem {

/// Reads everything of a tenant and compares what must agree: rows with their documents, ids, index and lookup entries
/// (each is there, none too many), vectors, counts, and the change log's numbering. One line per problem, at most
/// `limit`; empty when all is sound. Reads one snapshot, but the counts are those of now: quiet the tenant's writers to
/// have them compared.
std::vector<std::string> CheckTenant(TenantStore& tenant, size_t limit = 100);

}  // namespace rem

#include "store/tenant_context.h"

#include <fmt/format.h>

#include <utility>

#include <rem/error.h>

#include "catalog/tenant_catalog.h"
#include "store/embedding_queue.h"
#include "store/embedding_worker.h"

namespace rem {

void TenantContext::CheckNotDropped() const {
  if (!dropped) return;
  throw Error(ErrorCode::kTenant, fmt::format("Tenant \"{}\" was dropped", name),
              "open it again to start with an empty one");
}

void TenantContext::WakeEmbedding(const CatalogSnapshot& catalog, const std::vector<PendingChange>& changes) const {
  TableId seen = 0;
  for (const PendingChange& change : changes) {
    if (change.entry.table == std::exchange(seen, change.entry.table)) continue;
    const TablePtr table = catalog.FindById(seen);
    if (table == nullptr || !HasQueuedColumns(*table)) continue;
    embedding->Wake();
    return;
  }
}

}  // namespace rem

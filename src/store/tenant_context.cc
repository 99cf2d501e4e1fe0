#include "store/tenant_context.h"

#include <fmt/format.h>

#include <utility>

#include <rem/error.h>

#include "catalog/tenant_catalog.h"
#include "store/embedding_limit.h"
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
  bool queued = false;
  uint64_t columns = 0, entries = 0;
  for (const PendingChange& change : changes) {
    if (change.entry.table != std::exchange(seen, change.entry.table)) {
      const TablePtr table = catalog.FindById(seen);
      columns = table == nullptr ? 0 : CountQueuedColumns(*table);
      queued |= columns > 0;
    }
    if (change.entry.live_after) entries += columns;
  }
  if (!queued) return;
  embedding_limit->NoteAdded(entries);
  embedding->Wake();
}

}  // namespace rem

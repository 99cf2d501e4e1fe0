#pragma once

#include <cstddef>
#include <cstdint>

#include <rem/embedding.h>

#include "catalog/tenant_catalog.h"
#include "store/embedding_worker.h"
#include "store/read_view.h"
#include "store/tenant_context.h"

namespace rem {

/// The embedding queue as one snapshot shows it. `catalog` belongs to the snapshot.
EmbeddingStatus ReadEmbeddingStatus(const Engine& engine, TenantId tenant, const CatalogSnapshot& catalog,
                                    const ReadView& view, const EmbeddingWorker::State& worker, size_t max_failures);

/// Puts all rows that were given up into the queue again, as if nothing had been tried; returns how many.
uint64_t RetryFailedEmbeddings(TenantContext& context);

}  // namespace rem

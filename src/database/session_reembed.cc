#include <fmt/format.h>
#include <rem/database.h>
#include <rem/embedding.h>

#include "database/session_impl.h"

namespace rem {
namespace {

constexpr int64_t kPollMs = 50;

/// The column's provider, and whether another one is being filled beside it.
struct ColumnState {
  bool there = false;
  bool filling = false;
  std::string provider;
};

ColumnState StateOf(const TenantStore& tenant, std::string_view table_name, std::string_view column_name) {
  ColumnState state;
  const TablePtr table = tenant.catalog()->Get(table_name);
  for (const VectorColumn& column : table->vectors) {
    if (column.name == column_name) {
      state.there = true;
      state.provider = column.provider_name;
    }
    state.filling |= column.shadow && column.name == std::string(column_name) + std::string(kShadowSuffix);
  }
  return state;
}

void ThrowIfGivenUp(const TenantStore& tenant, std::string_view table_name) {
  const std::string name = tenant.catalog()->Get(table_name)->name();
  const EmbeddingStatus status = tenant.GetEmbeddingStatus(100);
  for (const EmbeddingQueue& queue : status.queues) {
    if (queue.table != name || !queue.reembedding || queue.failed == 0) continue;
    std::string error;
    for (const FailedEmbedding& failure : status.failures) {
      if (failure.table == name && error.empty()) error = ": " + failure.error;
    }
    throw Error(
        ErrorCode::kValidation,
        fmt::format("{} records of table \"{}\" were not embedded{}", queue.failed, name, error),
        "change or delete these records (see the embedding status), have them tried again, and call this again; "
        "the old vectors stay until then");
  }
}

}  // namespace

bool Session::Reembed(std::string_view table, std::string_view provider, const Progress& progress,
                      std::string_view column) {
  TenantStore& tenant = *impl_->tenant;
  if (impl_->sql.in_transaction()) {
    throw Error(ErrorCode::kInTransaction, "Records cannot be embedded anew inside a transaction",
                "commit or roll back first");
  }
  const uint64_t before = tenant.embedding().state().embedded;
  const auto rows = static_cast<uint64_t>(tenant.catalog()->Get(table)->counters->live_rows.load());
  if (!tenant.BeginReembedding(table, column, provider)) return true;
  for (;;) {
    const bool idle = tenant.embedding().Wait(kPollMs);
    const ColumnState state = StateOf(tenant, table, column);
    if (!state.filling) return true;
    if (idle) {
      ThrowIfGivenUp(tenant, table);
      tenant.embedding().Wake();
    }
    const uint64_t made = tenant.embedding().state().embedded - before;
    if (progress && !progress(std::min(made, rows), rows)) return false;
  }
}

}  // namespace rem

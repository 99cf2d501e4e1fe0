#include "store/statistics_cache.h"

#include "base/bytes.h"

namespace rem {

namespace {

std::string StoredKey(TenantId tenant, TableId table) {
  std::string id;
  AppendBig32(id, table);
  return MetaKey(tenant, MetaKind::kStatistics, id);
}

}  // namespace

TableStatisticsPtr StatisticsCache::Find(const Table& table) {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.find(table.id);
  if (found != tables_.end()) return found->second.statistics;
  Known known{nullptr, table.counters, true};
  std::string bytes;
  if (context_ != nullptr && context_->engine->Get(Family::kMeta, StoredKey(context_->tenant, table.id), bytes))
    known.statistics = DecodeStatistics(bytes);
  return tables_.emplace(table.id, std::move(known)).first->second.statistics;
}

void StatisticsCache::Add(const Table& table, TableStatisticsPtr statistics) {
  const std::lock_guard lock(mutex_);
  tables_[table.id] = {std::move(statistics), table.counters, false};
}

void StatisticsCache::Save(const CatalogSnapshot& catalog) {
  if (context_ == nullptr || context_->read_only) return;
  const std::lock_guard lock(mutex_);
  Commit commit;
  for (const auto& [id, known] : tables_) {
    if (known.statistics == nullptr || catalog.FindById(id) == nullptr) continue;
    // Stored ones are written again where changes came since, for their number is part of them.
    const uint64_t changes = known.counters->changes.load(std::memory_order_relaxed);
    if (known.stored && changes == 0) continue;
    commit.batch.Put(Family::kMeta, StoredKey(context_->tenant, id), EncodeStatistics(*known.statistics, changes));
  }
  if (commit.batch.operations().empty()) return;
  context_->commits->Run(commit);
  for (auto& [id, known] : tables_) known.stored = true;
}

}  // namespace rem

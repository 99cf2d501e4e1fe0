#include "store/place_cache.h"

#include "base/hash.h"

namespace rem {
namespace {

uint64_t HashOf(TenantId tenant, const Uuid& id) { return Hash64(id.AsBytes(), tenant); }
size_t SlotOf(uint64_t hash) { return hash & (PlaceCache::kEntries - 1); }
uint64_t TagOf(uint64_t hash) { return hash >> 32 << 32; }

}  // namespace

std::optional<std::pair<TableId, RowId>> PlaceCache::Get(TenantId tenant, const Uuid& id) const {
  const Entry* entries = entries_.load(std::memory_order_acquire);
  if (entries == nullptr) return std::nullopt;
  const uint64_t hash = HashOf(tenant, id);
  const Entry& entry = entries[SlotOf(hash)];
  const uint64_t found = entry.tag_and_table.load(std::memory_order_relaxed);
  const RowId row = entry.row.load(std::memory_order_relaxed);
  if (row == 0 || (found ^ TagOf(hash)) >> 32 != 0) return std::nullopt;
  return std::pair(static_cast<TableId>(found), row);
}

void PlaceCache::Put(TenantId tenant, const Uuid& id, TableId table, RowId row) {
  std::call_once(made_, [this] {
    owned_ = std::make_unique<Entry[]>(kEntries);
    entries_.store(owned_.get(), std::memory_order_release);
  });
  const uint64_t hash = HashOf(tenant, id);
  Entry& entry = owned_[SlotOf(hash)];
  entry.tag_and_table.store(TagOf(hash) | table, std::memory_order_relaxed);
  entry.row.store(row, std::memory_order_relaxed);
}

}  // namespace rem

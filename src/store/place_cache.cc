#include "store/place_cache.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"

namespace rem {
namespace {

uint64_t HashOf(TenantId tenant, const Uuid& id) { return Hash64(id.AsBytes(), tenant); }
uint64_t TagOf(uint64_t hash) { return hash >> 32 << 32; }

}  // namespace

PlaceCache::PlaceCache(size_t bytes) : sets_(std::bit_floor(std::max(bytes / sizeof(Set), size_t{1}))) {}

std::optional<std::pair<TableId, RowId>> PlaceCache::Get(TenantId tenant, const Uuid& id) const {
  const Set* table = table_.load(std::memory_order_acquire);
  if (table == nullptr) return std::nullopt;
  const uint64_t hash = HashOf(tenant, id);
  for (const Entry& entry : table[hash & (sets_ - 1)].entries) {
    const uint64_t found = entry.tag_and_table.load(std::memory_order_relaxed);
    const RowId row = entry.row.load(std::memory_order_relaxed);
    if (row != 0 && (found ^ TagOf(hash)) >> 32 == 0) return std::pair(static_cast<TableId>(found), row);
  }
  return std::nullopt;
}

void PlaceCache::Put(TenantId tenant, const Uuid& id, TableId table, RowId row) {
  std::call_once(made_, [this] {
    owned_ = std::make_unique<Set[]>(sets_);
    table_.store(owned_.get(), std::memory_order_release);
  });
  const uint64_t hash = HashOf(tenant, id);
  auto& entries = owned_[hash & (sets_ - 1)].entries;
  // The id's own entry, else a free one, else one that the row picks: as good as a random victim, without state.
  Entry* place = &entries[row % kWays];
  for (Entry& entry : entries) {
    const bool free = entry.row.load(std::memory_order_relaxed) == 0;
    const bool own = (entry.tag_and_table.load(std::memory_order_relaxed) ^ TagOf(hash)) >> 32 == 0;
    if (!free && !own) continue;
    place = &entry;
    break;
  }
  place->tag_and_table.store(TagOf(hash) | table, std::memory_order_relaxed);
  place->row.store(row, std::memory_order_relaxed);
}

}  // namespace rem

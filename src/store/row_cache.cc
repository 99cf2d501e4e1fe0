#include "store/row_cache.h"

#include <bit>

#include "base/bytes.h"
#include "base/check.h"

namespace rem {

size_t RowBlock::IndexOf(size_t position) const {
  return static_cast<size_t>(std::popcount(present_ & ((uint32_t{1} << position) - 1)));
}

std::optional<std::string_view> RowBlock::Row(size_t position) const {
  if ((present_ >> position & 1) == 0) return std::nullopt;
  const size_t index = IndexOf(position);
  const uint32_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(bytes_).substr(begin, ends_[index] - begin);
}

void RowBlock::Forget(size_t position) {
  const uint32_t bit = uint32_t{1} << position;
  known_ &= ~bit;
  if ((present_ & bit) == 0) return;
  const size_t index = IndexOf(position);
  const uint32_t begin = index == 0 ? 0 : ends_[index - 1];
  const uint32_t size = ends_[index] - begin;
  bytes_.erase(begin, size);
  ends_.erase(ends_.begin() + static_cast<ptrdiff_t>(index));
  for (size_t i = index; i < ends_.size(); ++i) ends_[i] -= size;
  present_ &= ~bit;
}

void RowBlock::Set(size_t position, std::optional<std::string_view> row) {
  Forget(position);
  known_ |= uint32_t{1} << position;
  if (!row) return;
  const size_t index = IndexOf(position);
  const uint32_t begin = index == 0 ? 0 : ends_[index - 1];
  bytes_.insert(begin, *row);
  ends_.insert(ends_.begin() + static_cast<ptrdiff_t>(index), begin);
  for (size_t i = index; i < ends_.size(); ++i) ends_[i] += static_cast<uint32_t>(row->size());
  present_ |= uint32_t{1} << position;
}

void RowBlock::Fit() {
  bytes_.shrink_to_fit();
  ends_.shrink_to_fit();
}

RowCache::RowCache(size_t capacity_bytes)
    : capacity_(capacity_bytes), shards_(capacity_bytes == 0 ? nullptr : std::make_unique<Shard[]>(kShards)) {}

RowCache::Block& RowCache::Make(Shard& shard, const Key& key) {
  const auto [at, made] = shard.blocks.try_emplace(key);
  if (!made) return at->second;
  // What was erased out of turn is still listed; mostly it is not worth looking for.
  if (shard.order.size() >= 2 * shard.blocks.size() + kMostStale) {
    shard.order.clear();
    for (const auto& entry : shard.blocks) shard.order.push_back(entry.first);
  } else {
    shard.order.push_back(key);
  }
  return at->second;
}

void RowCache::Erase(Shard& shard, std::unordered_map<Key, Block, KeyHash>::iterator at) {
  if (at->second.written) MarkAsked(shard, at->second);
  shard.bytes -= at->second.bytes;
  bytes_ -= at->second.bytes;
  shard.blocks.erase(at);
}

void RowCache::Count(Shard& shard, const Key& key, Block& block) {
  const size_t bytes = block.rows.memory_bytes() + kBlockOverhead;
  shard.bytes += bytes - block.bytes;
  bytes_ += bytes - block.bytes;
  if (block.written) {
    shard.written_bytes += bytes - block.bytes;
    written_bytes_ += bytes - block.bytes;
  }
  block.bytes = bytes;
  const size_t most = capacity_ / kShards;
  if (bytes > most) return Erase(shard, shard.blocks.find(key));
  // Each round takes the marks off the blocks it meets, so the second one at the latest finds something to evict.
  while (shard.bytes > most) {
    REM_CHECK(!shard.order.empty());
    const Key oldest = shard.order.front();
    shard.order.pop_front();
    const auto found = shard.blocks.find(oldest);
    if (found == shard.blocks.end()) continue;
    if (found->second.used || oldest == key) {
      found->second.used = false;
      shard.order.push_back(oldest);
      continue;
    }
    Erase(shard, found);
  }
}

bool RowCache::Admits() const {
  // Two counters that are not read at one time: what they differ by may be off for a moment.
  if (memory_bytes() < capacity_ / 8 * 7 + written_bytes_.load(std::memory_order_relaxed)) return true;
  thread_local uint32_t turn = 0;
  return ++turn % kTurnsWhenFull == 0;
}

void RowCache::Put(const Place& place, uint64_t as_of, std::optional<std::string_view> row) {
  if (capacity_ == 0 || (row && row->size() > kMostRowBytes) || !Admits()) return;
  const Key key = KeyOf(place);
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  if (StampOf(shard, key) > as_of) return;
  Block& block = Make(shard, key);
  if (block.written) MarkAsked(shard, block);
  block.rows.Set(place.row % RowBlock::kRows, row);
  Count(shard, key, block);
}

void RowCache::PutBlock(const Place& place, uint64_t as_of, RowBlock rows) {
  if (capacity_ == 0) return;
  rows.Fit();
  const Key key = KeyOf(place);
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  if (StampOf(shard, key) > as_of) return;
  Block& block = Make(shard, key);
  if (block.written) MarkAsked(shard, block);
  block.rows = std::move(rows);
  block.ahead = true;
  Count(shard, key, block);
}

void RowCache::Apply(const Batch& batch, uint64_t stamp) {
  if (capacity_ == 0) return;
  // Rows that are written together are often neighbours: the lock is kept, and what they take counted once.
  std::unique_lock<std::mutex> lock;
  Shard* shard = nullptr;
  Key key;
  const auto leave = [&] {
    if (shard == nullptr) return;
    if (const auto found = shard->blocks.find(key); found != shard->blocks.end()) {
      if (found->second.rows.IsLoose()) found->second.rows.Fit();
      Count(*shard, key, found->second);
    }
    shard = nullptr;
    lock.unlock();
  };
  for (const Batch::Operation& op : batch.operations()) {
    if (op.family != Family::kRows) continue;
    const std::string_view bytes = batch.key(op);
    if (op.kind == Batch::Kind::kDeleteRange) {
      leave();
      ApplyRange(bytes, batch.value(op), stamp);
      continue;
    }
    const RowId row = RowIdOfRowKey(bytes);
    const Key here = KeyOf({LoadBig32(bytes.data()), LoadBig32(bytes.data() + 4), row});
    if (shard == nullptr || !(here == key)) {
      leave();
      key = here;
      shard = &ShardOf(key);
      lock = std::unique_lock(shard->mutex);
      StampOf(*shard, key) = stamp;
    }
    Change(*shard, key, batch, op, row);
  }
  leave();
}

void RowCache::Change(Shard& shard, const Key& key, const Batch& batch, const Batch::Operation& op, RowId row) {
  const size_t position = row % RowBlock::kRows;
  const bool keeps = op.kind == Batch::Kind::kPut && op.value_size <= kMostRowBytes;
  const auto found = shard.blocks.find(key);
  if (found != shard.blocks.end()) {
    RowBlock& rows = found->second.rows;
    if (op.kind == Batch::Kind::kDelete) {
      rows.Set(position, std::nullopt);
    } else if (!keeps) {
      rows.Forget(position);
    } else if (rows.Knows(position) || HasRoomToWrite(shard)) {
      rows.Set(position, batch.value(op));
    }
  } else if (keeps && HasRoomToWrite(shard)) {
    Block& block = Make(shard, key);
    block.written = true;
    block.rows.Set(position, batch.value(op));
  }
}

void RowCache::ApplyRange(std::string_view begin, std::string_view end, uint64_t stamp) {
  // Ranges are whole tables and tenants, and rare.
  for (size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    shard.stamps.fill(stamp);
    for (auto at = shard.blocks.begin(); at != shard.blocks.end();) {
      const auto here = at++;
      const auto tenant = static_cast<TenantId>(here->first.table >> 32);
      const auto table = static_cast<TableId>(here->first.table);
      const RowId first = here->first.block * RowBlock::kRows;
      if (RowKey(tenant, table, first) < end && RowKey(tenant, table, first + (RowBlock::kRows - 1)) >= begin)
        Erase(shard, here);
    }
  }
}

void RowCache::Clear() {
  for (size_t i = 0; capacity_ != 0 && i < kShards; ++i) {
    const std::lock_guard lock(shards_[i].mutex);
    bytes_ -= shards_[i].bytes;
    written_bytes_ -= shards_[i].written_bytes;
    shards_[i].bytes = 0;
    shards_[i].written_bytes = 0;
    shards_[i].blocks.clear();
    shards_[i].order.clear();
  }
}

}  // namespace rem

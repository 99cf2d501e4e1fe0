#include "store/vector_cache.h"

#include <algorithm>

namespace rem {

namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr RowId kNoRow = UINT64_MAX;
// More vectors than that are never kept, so that slots stay small numbers.
constexpr size_t kMostVectors = size_t{1} << 30;

}  // namespace

VectorCache::VectorCache(size_t dimension, size_t capacity_bytes)
    : dimension_(dimension),
      chunk_vectors_(std::max<size_t>(1, kChunkBytes / (dimension * sizeof(float)))),
      capacity_(std::min(capacity_bytes / (dimension * sizeof(float)), kMostVectors)),
      chunks_(std::make_unique<std::atomic<float*>[]>(capacity_ / chunk_vectors_ + 1)) {}

VectorCache::Stamps VectorCache::stamps() const {
  Stamps stamps;
  for (size_t i = 0; i < kShards; ++i) stamps[i] = stamps_[i].load(std::memory_order_acquire);
  return stamps;
}

void VectorCache::Offer(RowId row, std::span<const float> vector, const Stamps& stamps) {
  if (vector.size() != dimension_ || row >= RowSlots::kMaxRows) return;
  std::lock_guard lock(mutex_);
  const size_t shard = row % kShards;
  if (stamps_[shard].load(std::memory_order_relaxed) != stamps[shard] || rows_.Find(row) != kNoSlot) return;
  const Slot slot = TakeSlot();
  if (slot == kNoSlot) return;
  std::ranges::copy(vector, At(slot));
  row_of_[slot] = row;
  rows_.Set(row, slot);
}

void VectorCache::Drop(RowId row) {
  std::lock_guard lock(mutex_);
  stamps_[row % kShards].fetch_add(1, std::memory_order_release);
  if (const Slot slot = rows_.Find(row); slot != kNoSlot) Free(row, slot);
}

// kNoSlot when nothing is free for now.
Slot VectorCache::TakeSlot() {
  if (!free_.empty() && gate_.Passed(free_.front().epoch)) {
    const Slot slot = free_.front().slot;
    free_.pop_front();
    return slot;
  }
  const size_t size = row_of_.size();
  if (size < capacity_) {
    if (size % chunk_vectors_ == 0) {
      const size_t floats = std::min(chunk_vectors_, capacity_ - size) * dimension_;
      owned_.push_back(std::make_unique<float[]>(floats));
      chunks_[size / chunk_vectors_].store(owned_.back().get(), std::memory_order_release);
      bytes_ += floats * sizeof(float);
    }
    row_of_.push_back(kNoRow);
    return static_cast<Slot>(size);
  }
  // Full: the oldest goes, and its place is taken once nobody can be reading it.
  if (free_.empty() && size > 0) {
    hand_ = (hand_ + 1) % size;
    if (row_of_[hand_] != kNoRow) Free(row_of_[hand_], static_cast<Slot>(hand_));
  }
  return kNoSlot;
}

void VectorCache::Free(RowId row, Slot slot) {
  rows_.Set(row, kNoSlot);
  row_of_[slot] = kNoRow;
  free_.push_back({slot, gate_.epoch()});
}

size_t VectorCache::memory_bytes() const { return bytes_.load(std::memory_order_relaxed) + rows_.memory_bytes(); }

}  // namespace rem

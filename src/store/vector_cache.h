#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "index/vector/read_gate.h"
#include "index/vector/row_slots.h"
#include "storage/key_space.h"

namespace rem {

/// Vectors of one column that searches have read, so that ranking candidates need not ask the engine again. Holds only
/// vectors of live rows, as they are at the place in the change log that the column's index has come to; whoever moves
/// that place drops the rows that changed first. Bounded; forgets the oldest. Thread-safe; readers take no lock.
///
/// Why a reader never gets a wrong vector. It looks only for rows without a change after its place in the log, and
/// gives only those, with stamps that it took before it read the log. Say a row changes after that: the index drops it,
/// which changes the stamp of its shard under the lock under which vectors are stored, so that one of before is refused
/// from then on, and was taken away if it came earlier.
class VectorCache {
 public:
  static constexpr size_t kShards = 16;
  using Stamps = std::array<uint64_t, kShards>;

  VectorCache(size_t dimension, size_t capacity_bytes);

  /// Vectors found through one of these stay until it ends.
  class Reader {
   public:
    explicit Reader(const VectorCache& cache) : cache_(cache), pass_(cache.gate_) {}
    /// nullptr when the row's vector is not here.
    const float* Find(RowId row) const {
      const Slot slot = cache_.rows_.Find(row);
      return slot == kNoSlot ? nullptr : cache_.At(slot);
    }

   private:
    const VectorCache& cache_;
    const ReadGate::Pass pass_;
  };

  Stamps stamps() const;
  /// Keeps the vector, unless a row of its shard was dropped after `stamps` were taken.
  void Offer(RowId row, std::span<const float> vector, const Stamps& stamps);
  void Drop(RowId row);
  size_t memory_bytes() const;

 private:
  struct Freed {
    Slot slot;
    uint64_t epoch;
  };

  float* At(Slot slot) const {
    return chunks_[slot / chunk_vectors_].load(std::memory_order_acquire) + (slot % chunk_vectors_) * dimension_;
  }
  Slot TakeSlot();
  void Free(RowId row, Slot slot);

  const size_t dimension_;
  const size_t chunk_vectors_;
  const size_t capacity_;  // in vectors
  mutable ReadGate gate_;
  RowSlots rows_;
  std::unique_ptr<std::atomic<float*>[]> chunks_;
  std::array<std::atomic<uint64_t>, kShards> stamps_{};

  std::mutex mutex_;
  std::vector<std::unique_ptr<float[]>> owned_;
  std::vector<RowId> row_of_;  // of each slot
  std::deque<Freed> free_;
  size_t hand_ = 0;  // the slot that is forgotten next
  std::atomic<size_t> bytes_{0};
};

}  // namespace rem

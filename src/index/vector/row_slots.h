#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "index/vector/node_store.h"

namespace rem {

/// Which slot holds a row: pages under two levels of directories, because row ids are dense. Lookups need no lock.
class RowSlots {
 public:
  static constexpr uint64_t kMaxRows = uint64_t{1} << 36;

  RowSlots() : root_(std::make_unique<std::atomic<Directory*>[]>(kFan)) {}
  ~RowSlots();
  RowSlots(const RowSlots&) = delete;
  RowSlots& operator=(const RowSlots&) = delete;

  /// kNoSlot when the row is not here.
  Slot Find(uint64_t row) const {
    if (row >= kMaxRows) return kNoSlot;
    const Directory* directory = root_[row >> (2 * kShift)].load(std::memory_order_acquire);
    if (directory == nullptr) return kNoSlot;
    const Page* page = directory->pages[(row >> kShift) % kFan].load(std::memory_order_acquire);
    if (page == nullptr) return kNoSlot;
    const uint32_t word = page->slots[row % kFan].load(std::memory_order_acquire);
    return word == 0 ? kNoSlot : word - 1;
  }
  /// `row` is below kMaxRows; kNoSlot takes it out. Thread-safe for different rows.
  void Set(uint64_t row, Slot slot);
  size_t memory_bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kShift = 12;
  static constexpr uint64_t kFan = 1 << kShift;
  struct Page {
    std::atomic<uint32_t> slots[kFan] = {};  // the slot plus one
  };
  struct Directory {
    std::atomic<Page*> pages[kFan] = {};
  };

  std::unique_ptr<std::atomic<Directory*>[]> root_;
  std::mutex growing_;
  std::atomic<size_t> bytes_{kFan * sizeof(void*)};
};

}  // namespace rem

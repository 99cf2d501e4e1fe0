#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

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
    const Page* page = PageOf(row);
    if (page == nullptr) return kNoSlot;
    const uint32_t word = page->slots[row % kFan].load(std::memory_order_acquire);
    return word == 0 ? kNoSlot : word - 1;
  }
  /// Appends the slots of those of `rows` that are here. Rows beside each other cost one look at the directories.
  void FindAll(std::span<const uint64_t> rows, std::vector<Slot>& slots) const {
    const size_t before = slots.size();
    slots.resize(before + rows.size());
    Slot* out = slots.data() + before;
    uint64_t number = UINT64_MAX;
    const Page* page = nullptr;
    for (const uint64_t row : rows) {
      if (row >> kShift != number) {
        number = row >> kShift;
        page = PageOf(row);
      }
      const uint32_t word = page == nullptr ? 0 : page->slots[row % kFan].load(std::memory_order_acquire);
      *out = word - 1;
      out += word != 0 ? 1 : 0;
    }
    slots.resize(static_cast<size_t>(out - slots.data()));
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

  const Page* PageOf(uint64_t row) const {
    if (row >= kMaxRows) return nullptr;
    const Directory* directory = root_[row >> (2 * kShift)].load(std::memory_order_acquire);
    if (directory == nullptr) return nullptr;
    return directory->pages[(row >> kShift) % kFan].load(std::memory_order_acquire);
  }

  std::unique_ptr<std::atomic<Directory*>[]> root_;
  std::mutex growing_;
  std::atomic<size_t> bytes_{kFan * sizeof(void*)};
};

}  // namespace rem

#include "index/vector/row_slots.h"

#include "base/check.h"

namespace rem {

RowSlots::~RowSlots() {
  for (uint64_t i = 0; i < kFan; ++i) {
    const Directory* directory = root_[i].load();
    if (directory == nullptr) continue;
    for (const auto& page : directory->pages) delete page.load();
    delete directory;
  }
}

void RowSlots::Set(uint64_t row, Slot slot) {
  REM_CHECK(row < kMaxRows);
  std::atomic<Directory*>& directory = root_[row >> (2 * kShift)];
  if (directory.load(std::memory_order_acquire) == nullptr) {
    std::lock_guard lock(growing_);
    if (directory.load() == nullptr) {
      directory.store(new Directory, std::memory_order_release);
      bytes_ += sizeof(Directory);
    }
  }
  std::atomic<Page*>& page = directory.load(std::memory_order_acquire)->pages[(row >> kShift) % kFan];
  if (page.load(std::memory_order_acquire) == nullptr) {
    std::lock_guard lock(growing_);
    if (page.load() == nullptr) {
      page.store(new Page, std::memory_order_release);
      bytes_ += sizeof(Page);
    }
  }
  const uint32_t word = slot == kNoSlot ? 0 : slot + 1;
  page.load(std::memory_order_acquire)->slots[row % kFan].store(word, std::memory_order_release);
}

}  // namespace rem

#include "index/vector/node_store.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include <rem/error.h>

#include "base/check.h"
#include "base/huge_pages.h"

namespace rem {

namespace {

constexpr size_t kMaxChunks = 1 << 14;
constexpr size_t kChunkBytesAim = 8 << 20;
constexpr uint32_t kMinShift = 8;
constexpr uint32_t kMaxShift = 14;
constexpr uint32_t kUpperShift = 16;  // words a chunk of upper links, as a power of two
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kLine = 64;

size_t RoundUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

// Zeroed pages that cost nothing before they are touched, at the start of a huge page.
char* MapZeroed(size_t bytes) {
  const size_t mapped = bytes + kHugePage;
  void* raw = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  const auto begin = reinterpret_cast<uintptr_t>(raw);
  const uintptr_t aligned = RoundUp(begin, kHugePage);
  if (aligned > begin) munmap(raw, aligned - begin);
  const uintptr_t end = RoundUp(aligned + bytes, 4096);
  if (begin + mapped > end) munmap(reinterpret_cast<void*>(end), begin + mapped - end);
  AdviseHugePages(reinterpret_cast<void*>(aligned), bytes);
  return reinterpret_cast<char*>(aligned);
}

}  // namespace

NodeStore::NodeStore(const Layout& layout) : layout_(layout) {
  REM_CHECK(layout.links > 0 && layout.upper_links > 0 && layout.upper_links < 1u << 8);
  links_at_ = sizeof(NodeHeader) + layout.bit_words * sizeof(uint64_t);
  stride_ = RoundUp(links_at_ + layout.links * sizeof(uint32_t), kLine);
  const size_t node = stride_ + layout.code_bytes + sizeof(uint64_t) + sizeof(uint32_t);
  shift_ = kMaxShift;
  while (shift_ > kMinShift && (node << shift_) > kChunkBytesAim * 3 / 2) --shift_;
  mask_ = (1u << shift_) - 1;
  codes_at_ = stride_ << shift_;
  rows_at_ = codes_at_ + (size_t{layout.code_bytes} << shift_);
  uppers_at_ = rows_at_ + (sizeof(uint64_t) << shift_);
  chunk_bytes_ = uppers_at_ + (sizeof(uint32_t) << shift_);
  chunks_ = std::make_unique<std::atomic<char*>[]>(kMaxChunks);
  upper_chunks_ = std::make_unique<std::atomic<std::atomic<uint32_t>*>[]>(kMaxChunks);
}

NodeStore::~NodeStore() {
  for (size_t i = 0; i < kMaxChunks && chunks_[i].load() != nullptr; ++i) {
    munmap(chunks_[i].load(), RoundUp(chunk_bytes_, 4096));
  }
  for (size_t i = 0; i < kMaxChunks; ++i) delete[] upper_chunks_[i].load();
}

Slot NodeStore::Append(uint32_t level) {
  std::lock_guard lock(growing_);
  const Slot slot = size_.load();
  const size_t number = slot >> shift_;
  if (number >= kMaxChunks || slot + 1 >= kNoSlot) {
    throw Error(ErrorCode::kLimitExceeded, "the vector index is full", "vectors beyond it are searched one by one");
  }
  if (chunks_[number].load() == nullptr) chunks_[number].store(MapZeroed(chunk_bytes_), std::memory_order_release);
  if (level > 0) {
    const uint32_t offset = AppendUpper(level * layout_.upper_links);
    reinterpret_cast<uint32_t*>(chunk(slot) + uppers_at_)[slot & mask_] = offset;
  }
  header(slot).state.store(level, std::memory_order_release);
  size_.store(slot + 1, std::memory_order_release);
  return slot;
}

uint32_t NodeStore::AppendUpper(uint32_t words) {
  // A node's links never cross the end of a chunk.
  uint32_t offset = upper_words_.load(std::memory_order_relaxed);
  const uint32_t left = (1u << kUpperShift) - (offset & ((1u << kUpperShift) - 1));
  if (left < words) offset += left;
  std::atomic<std::atomic<uint32_t>*>& chunk = upper_chunks_[offset >> kUpperShift];
  if (chunk.load() == nullptr) chunk.store(new std::atomic<uint32_t>[1u << kUpperShift]());
  upper_words_.store(offset + words, std::memory_order_relaxed);
  return offset;
}

LinkList NodeStore::upper_links(Slot slot, uint32_t level) const {
  const uint32_t offset =
      reinterpret_cast<const uint32_t*>(chunk(slot) + uppers_at_)[slot & mask_] + (level - 1) * layout_.upper_links;
  std::atomic<uint32_t>* words = upper_chunks_[offset >> kUpperShift].load(std::memory_order_acquire);
  return {words + (offset & ((1u << kUpperShift) - 1)), layout_.upper_links};
}

size_t NodeStore::memory_bytes() const {
  const size_t node = stride_ + layout_.code_bytes + sizeof(uint64_t) + sizeof(uint32_t);
  return size() * node +
         RoundUp(upper_words_.load(std::memory_order_relaxed), size_t{1} << kUpperShift) * sizeof(uint32_t);
}

}  // namespace rem

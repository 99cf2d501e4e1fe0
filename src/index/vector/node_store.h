#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace rem {

/// The number of a node in its index. Links hold it plus one, so that zeroed memory is an empty list.
using Slot = uint32_t;
inline constexpr Slot kNoSlot = 0x7fffffff;

/// A list of links: up to `capacity` words, the first zero ends it. May be read while a writer replaces it: what comes
/// out is then a mixture of the old and the new list, all of them nodes that are there.
struct LinkList {
  std::atomic<uint32_t>* words = nullptr;
  uint32_t capacity = 0;

  /// Copies the linked slots to `out`, which has room for `capacity`.
  uint32_t Load(Slot* out) const {
    uint32_t count = 0;
    while (count < capacity) {
      const uint32_t word = words[count].load(std::memory_order_acquire);
      if (word == 0) break;
      out[count++] = word - 1;
    }
    return count;
  }
  /// The caller is the only writer.
  void Store(const Slot* slots, uint32_t count) const {
    for (uint32_t i = 0; i < count; ++i) words[i].store(slots[i] + 1, std::memory_order_release);
    for (uint32_t i = count; i < capacity; ++i) words[i].store(0, std::memory_order_release);
  }
};

/// What lies in front of a node's bits and links.
struct NodeHeader {
  float bits_factor;
  float code_factor;
  float add;
  std::atomic<uint32_t> state;  ///< the level, and kDeletedNode
};
static_assert(sizeof(NodeHeader) == 16);
inline constexpr uint32_t kDeletedNode = 1u << 31;

/// The memory of a graph: flat, growing in chunks that never move, so that readers need no lock.
///
/// A node is a hot block (header, bit code, links of level 0: three cache lines at 384 dimensions and 32 links, of
/// which comparing touches the first only), a byte code, and for few nodes links of higher levels.
class NodeStore {
 public:
  struct Layout {
    uint32_t bit_words = 0;
    uint32_t code_bytes = 0;
    uint32_t links = 0;        ///< of level 0
    uint32_t upper_links = 0;  ///< of each level above
  };
  explicit NodeStore(const Layout& layout);
  ~NodeStore();
  NodeStore(const NodeStore&) = delete;
  NodeStore& operator=(const NodeStore&) = delete;

  /// A zeroed node at the end, with room for links on `level` levels above 0. Thread-safe. Error(kLimitExceeded).
  Slot Append(uint32_t level);
  /// Slots given out so far.
  Slot size() const { return size_.load(std::memory_order_acquire); }
  /// Of the pages that hold nodes.
  size_t memory_bytes() const;
  const Layout& layout() const { return layout_; }

  NodeHeader& header(Slot slot) const { return *reinterpret_cast<NodeHeader*>(block(slot)); }
  uint64_t* bits(Slot slot) const { return reinterpret_cast<uint64_t*>(block(slot) + sizeof(NodeHeader)); }
  static const uint64_t* BitsBehind(const NodeHeader& header) { return reinterpret_cast<const uint64_t*>(&header + 1); }
  int8_t* code(Slot slot) const {
    return reinterpret_cast<int8_t*>(chunk(slot) + codes_at_ + (slot & mask_) * size_t{layout_.code_bytes});
  }
  std::atomic<uint64_t>& row(Slot slot) const {
    return reinterpret_cast<std::atomic<uint64_t>*>(chunk(slot) + rows_at_)[slot & mask_];
  }
  LinkList links(Slot slot, uint32_t level) const {
    if (level > 0) return upper_links(slot, level);
    return {reinterpret_cast<std::atomic<uint32_t>*>(block(slot) + links_at_), layout_.links};
  }
  uint32_t level(Slot slot) const { return header(slot).state.load(std::memory_order_acquire) & 0xff; }
  bool deleted(Slot slot) const { return (header(slot).state.load(std::memory_order_acquire) & kDeletedNode) != 0; }

  void PrefetchBits(Slot slot) const {
    const char* at = block(slot);
    for (size_t i = 0; i < links_at_; i += 64) __builtin_prefetch(at + i);
  }
  void PrefetchLinks(Slot slot) const {
    const char* at = block(slot) + links_at_;
    for (size_t i = 0; i < layout_.links * sizeof(uint32_t); i += 64) __builtin_prefetch(at + i);
  }

 private:
  char* chunk(Slot slot) const { return chunks_[slot >> shift_].load(std::memory_order_relaxed); }
  char* block(Slot slot) const { return chunk(slot) + (slot & mask_) * stride_; }
  LinkList upper_links(Slot slot, uint32_t level) const;
  uint32_t AppendUpper(uint32_t words);

  Layout layout_;
  uint32_t shift_ = 0;
  uint32_t mask_ = 0;
  size_t links_at_ = 0;
  size_t stride_ = 0;
  // Offsets in a chunk.
  size_t codes_at_ = 0;
  size_t rows_at_ = 0;
  size_t uppers_at_ = 0;
  size_t chunk_bytes_ = 0;

  std::mutex growing_;
  std::atomic<Slot> size_{0};
  std::unique_ptr<std::atomic<char*>[]> chunks_;
  std::unique_ptr<std::atomic<std::atomic<uint32_t>*>[]> upper_chunks_;
  std::atomic<uint32_t> upper_words_{0};  ///< written under growing_
};

}  // namespace rem

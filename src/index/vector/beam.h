#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "index/vector/node_store.h"

namespace rem {

struct Neighbour {
  float distance = 0;
  Slot slot = kNoSlot;
};

/// The nearest nodes found so far, at most `width`, nearest first; remembers which were expanded. A sorted array: with
/// the widths that searches have, moving a few hundred bytes beats the branches of a heap.
class Beam {
 public:
  void Reset(size_t width) {
    width_ = width;
    size_ = 0;
    next_ = 0;
    if (entries_.size() < width) entries_.resize(width);
  }
  size_t size() const { return size_; }
  bool full() const { return size_ == width_; }
  float worst() const { return entries_[size_ - 1].distance; }

  void Offer(float distance, Slot slot) {
    if (size_ == width_) {
      if (!(distance < entries_[size_ - 1].distance)) return;
      --size_;
    }
    Neighbour* const begin = entries_.data();
    Neighbour* const at =
        std::upper_bound(begin, begin + size_, distance, [](float d, const Neighbour& n) { return d < n.distance; });
    std::memmove(static_cast<void*>(at + 1), at, static_cast<size_t>(begin + size_ - at) * sizeof(Neighbour));
    *at = {distance, slot};
    ++size_;
    next_ = std::min(next_, static_cast<size_t>(at - begin));
  }

  /// The nearest node that was not expanded yet, now marked so; kNoSlot when there is none.
  Slot TakeNext() {
    while (next_ < size_ && (entries_[next_].slot & kExpanded) != 0) ++next_;
    if (next_ == size_) return kNoSlot;
    entries_[next_].slot |= kExpanded;
    return entries_[next_++].slot & ~kExpanded;
  }
  /// What TakeNext would return.
  Slot PeekNext() {
    while (next_ < size_ && (entries_[next_].slot & kExpanded) != 0) ++next_;
    return next_ == size_ ? kNoSlot : entries_[next_].slot;
  }

  Neighbour operator[](size_t i) const { return {entries_[i].distance, entries_[i].slot & ~kExpanded}; }

 private:
  static constexpr uint32_t kExpanded = 1u << 31;

  std::vector<Neighbour> entries_;
  size_t width_ = 0;
  size_t size_ = 0;
  size_t next_ = 0;
};

}  // namespace rem

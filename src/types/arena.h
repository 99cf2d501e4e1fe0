#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace rem {

/// Bump allocator for the bytes that columns point to. Nothing is freed singly; Reset() keeps the newest chunk for the
/// next batch.
class Arena {
 public:
  char* Allocate(size_t bytes) {
    // An arena without chunks has no address to give, not even for an empty text.
    if (bytes > capacity_ - used_ || capacity_ == 0) AddChunk(bytes);
    char* at = chunks_.back().get() + used_;
    used_ += bytes;
    return at;
  }

  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    char* at = Allocate(text.size());
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }

  /// Room for `count` values of T, aligned for it.
  template <typename T>
  T* AllocateArray(size_t count) {
    const size_t odd = used_ % alignof(T);
    if (odd != 0) Allocate(std::min(alignof(T) - odd, capacity_ - used_));
    return reinterpret_cast<T*>(Allocate(count * sizeof(T)));
  }

  void Reset() {
    if (chunks_.size() > 1) {
      std::swap(chunks_.front(), chunks_.back());
      chunks_.resize(1);
      total_ = capacity_;
    }
    used_ = 0;
  }

  /// Bytes taken from the system.
  size_t bytes() const { return total_; }

 private:
  /// Small enough that malloc serves it from its bins: most arenas hold one row of a point query.
  static constexpr size_t kFirstChunkBytes = 512;
  static constexpr size_t kLargestChunkBytes = size_t{1} << 20;

  void AddChunk(size_t at_least) {
    const size_t size =
        std::max(at_least, capacity_ == 0 ? kFirstChunkBytes : std::min(capacity_ * 2, kLargestChunkBytes));
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    capacity_ = size;
    used_ = 0;
    total_ += size;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t capacity_ = 0;  // of the last chunk
  size_t used_ = 0;      // of the last chunk
  size_t total_ = 0;
};

}  // namespace rem

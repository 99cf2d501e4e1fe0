#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rem {

/// Which members or items of one instance were looked at by a subschema that accepted it: what unevaluatedProperties
/// and unevaluatedItems leave alone. The first 256 need no heap.
class EvaluatedSet {
 public:
  explicit EvaluatedSet(size_t size) {
    if (size > kInlineBits) more_.resize((size - kInlineBits + 63) / 64);
  }

  void Add(size_t i) { Word(i) |= uint64_t{1} << (i % 64); }
  void AddAll() { all_ = true; }
  bool Contains(size_t i) const { return all_ || ((const_cast<EvaluatedSet*>(this)->Word(i) >> (i % 64)) & 1) != 0; }

  void Merge(const EvaluatedSet& other) {
    all_ = all_ || other.all_;
    for (size_t i = 0; i < kInlineBits / 64; ++i) words_[i] |= other.words_[i];
    for (size_t i = 0; i < more_.size(); ++i) more_[i] |= other.more_[i];
  }

 private:
  static constexpr size_t kInlineBits = 256;

  uint64_t& Word(size_t i) { return i < kInlineBits ? words_[i / 64] : more_[(i - kInlineBits) / 64]; }

  bool all_ = false;
  uint64_t words_[kInlineBits / 64] = {};
  std::vector<uint64_t> more_;
};

}  // namespace rem

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "schema/evaluator.h"

namespace rem {

namespace {

constexpr size_t kCompareAllBelow = 8;

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 29);
}

// Equal values have equal hashes: 1 and 1.0, objects whatever the order of their members.
uint64_t HashOf(const DocumentView& value) {
  switch (value.kind()) {
    case NodeKind::kNull:
      return 1;
    case NodeKind::kBool:
      return value.AsBool() ? 2 : 3;
    case NodeKind::kInt:
    case NodeKind::kDouble:
      return Mix(5, std::bit_cast<uint64_t>(value.AsDouble() + 0.0));
    case NodeKind::kText:
      return Hash64(value.AsText(), 7);
    case NodeKind::kArray: {
      uint64_t hash = 11;
      for (size_t i = 0; i < value.size(); ++i) hash = Mix(hash, HashOf(value.At(i)));
      return hash;
    }
    case NodeKind::kObject: {
      uint64_t sum = 13;
      for (size_t i = 0; i < value.size(); ++i) sum += Mix(Hash64(value.KeyAt(i)), HashOf(value.ValueAt(i)));
      return sum;
    }
  }
  return 0;
}

}  // namespace

bool HasEqualItems(const DocumentView& array, size_t& first, size_t& second) {
  const size_t size = array.size();
  const auto equal = [&](size_t a, size_t b) {
    if (!(array.At(a) == array.At(b))) return false;
    first = std::min(a, b);
    second = std::max(a, b);
    return true;
  };
  if (size < kCompareAllBelow) {
    for (size_t b = 1; b < size; ++b) {
      for (size_t a = 0; a < b; ++a) {
        if (equal(a, b)) return true;
      }
    }
    return false;
  }
  std::vector<std::pair<uint64_t, size_t>> hashes(size);
  for (size_t i = 0; i < size; ++i) hashes[i] = {HashOf(array.At(i)), i};
  std::sort(hashes.begin(), hashes.end());
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = i + 1; j < size && hashes[j].first == hashes[i].first; ++j) {
      if (equal(hashes[i].second, hashes[j].second)) return true;
    }
  }
  return false;
}

}  // namespace rem

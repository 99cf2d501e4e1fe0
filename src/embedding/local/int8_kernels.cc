#include "embedding/local/int8_kernels.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/cpu_features.h"

#define REM_KERNEL

namespace rem {

namespace {

typedef int32_t Ints __attribute__((vector_size(16)));
constexpr size_t kLanes = 4;
constexpr size_t kTileRows = 4;

inline Ints Dot(Ints sum, int32_t a, Ints b) {
  for (int byte = 0; byte < 4; ++byte) {
    const int32_t factor = a >> (8 * byte) & 0xFF;
    sum += (b << (24 - 8 * byte) >> 24) * factor;
  }
  return sum;
}

}  // namespace

}  // namespace rem

#include "embedding/local/int8_kernels_body.h"

namespace rem {

const Int8Kernels& PortableInt8Kernels() {
  static constexpr Int8Kernels kernels = MakeInt8Kernels("portable");
  return kernels;
}

namespace {

#if defined(__x86_64__)
/// Whether the kernels multiply as the portable ones do, on bytes of all kinds. An instruction that works otherwise
/// than was thought shows here instead of in a database's vectors.
bool AgreesWithPortable(const Int8Kernels& kernels) {
  constexpr size_t kRows = 2, kGroups = 8, kDepth = 4 * kGroups;
  uint8_t a[kRows * kDepth];
  for (size_t i = 0; i < sizeof(a); ++i) a[i] = static_cast<uint8_t>(i * 73 + 255);
  const Int8Row rows[kRows] = {{1, 0}, {1, 128}};
  const auto multiply = [&](const Int8Kernels& with, float* c) {
    // Column n has the same weights whatever the width of the panel is.
    const auto weight = [](size_t n, size_t k) {
      return static_cast<int8_t>(static_cast<int>((n * 31 + k * 17) % (2 * Int8Kernels::kMostWeight + 1)) -
                                 Int8Kernels::kMostWeight);
    };
    const size_t width = with.panel;
    std::vector<int8_t> panel(width * kDepth);
    std::vector<float> scales(width, 1), out(kRows * width);
    std::vector<int32_t> sums(width, 0);
    for (size_t n = 0; n < width; ++n) {
      for (size_t k = 0; k < kDepth; ++k) {
        panel[(k / 4 * width + n) * 4 + k % 4] = weight(n, k);
        sums[n] += weight(n, k);
      }
    }
    with.multiply(
        {a, kDepth, rows, kRows, kGroups, panel.data(), scales.data(), sums.data(), nullptr, out.data(), width, width});
    for (size_t r = 0; r < kRows; ++r) {
      for (size_t n = 0; n < kPanel; ++n) c[r * kPanel + n] = out[r * width + n];
    }
  };
  // The portable panel is the narrowest one. The sums are whole numbers that a float holds exactly.
  float expected[kRows * kPanel], found[kRows * kPanel];
  multiply(PortableInt8Kernels(), expected);
  multiply(kernels, found);
  return std::equal(std::begin(expected), std::end(expected), std::begin(found));
}
#endif

}  // namespace

std::span<const Int8Kernels* const> RunnableInt8Kernels() {
  static const std::vector<const Int8Kernels*> runnable = [] {
    std::vector<const Int8Kernels*> found = {&PortableInt8Kernels()};
#if defined(__x86_64__)
    const auto add = [&](bool has, const Int8Kernels& kernels) {
      if (has && AgreesWithPortable(kernels)) found.push_back(&kernels);
    };
    add(Cpu().avx2, Avx2Int8Kernels());
    add(Cpu().avx_vnni, AvxVnniInt8Kernels());
    add(Cpu().avx512_vnni, Avx512VnniInt8Kernels());
#endif
    return found;
  }();
  return runnable;
}

const Int8Kernels& BestInt8Kernels() {
  static const Int8Kernels& best = *RunnableInt8Kernels().back();
  return best;
}

}  // namespace rem

#include "embedding/local/bf16_kernels.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/cpu_features.h"

#define REM_KERNEL

namespace rem {

namespace {

typedef float Floats __attribute__((vector_size(16)));
typedef uint32_t Pairs __attribute__((vector_size(16)));
constexpr size_t kLanes = 4;
constexpr size_t kTileRows = 4;

inline float FloatOf(uint32_t bits) {
  float number;
  __builtin_memcpy(&number, &bits, sizeof(number));
  return number;
}

inline Floats Dot(Floats sum, uint32_t a, Pairs b) {
  const Pairs second = b & 0xFFFF0000, first = b << 16;
  Floats seconds, firsts;
  __builtin_memcpy(&seconds, &second, sizeof(seconds));
  __builtin_memcpy(&firsts, &first, sizeof(firsts));
  sum += seconds * FloatOf(a & 0xFFFF0000);
  sum += firsts * FloatOf(a << 16);
  return sum;
}

}  // namespace

}  // namespace rem

#include "embedding/local/bf16_kernels_body.h"

namespace rem {

const Bf16Kernels& PortableBf16Kernels() {
  static constexpr Bf16Kernels kernels = MakeBf16Kernels("portable");
  return kernels;
}

namespace {

#if defined(__x86_64__)
/// Whether the kernels multiply as the portable ones do, to the bit. An instruction that works otherwise than was
/// thought shows here instead of in a database's vectors.
bool AgreesWithPortable(const Bf16Kernels& kernels) {
  constexpr size_t kRows = 2, kPairs = 8, kDepth = 2 * kPairs;
  float numbers[kRows * kDepth];
  uint16_t a[kRows * kDepth];
  for (size_t i = 0; i < std::size(numbers); ++i) numbers[i] = static_cast<float>(i * 37 % 101) / 7 - 6;
  PortableBf16Kernels().round(numbers, std::size(numbers), a);
  const auto multiply = [&](const Bf16Kernels& with, float* c) {
    const size_t width = with.panel;
    std::vector<uint16_t> panel(width * kDepth);
    std::vector<float> start(width), out(kRows * width);
    for (size_t n = 0; n < width; ++n) {
      start[n] = static_cast<float>(n) / 3;
      for (size_t k = 0; k < kDepth; ++k) {
        const float weight = static_cast<float>((n * 31 + k * 17) % 97) / 11 - 4;
        PortableBf16Kernels().round(&weight, 1, &panel[(k / 2 * width + n) * 2 + k % 2]);
      }
    }
    with.multiply({a, kDepth, kRows, kPairs, panel.data(), start.data(), out.data(), width, width});
    for (size_t r = 0; r < kRows; ++r) {
      for (size_t n = 0; n < kPanel; ++n) c[r * kPanel + n] = out[r * width + n];
    }
  };
  // The portable panel is the narrowest one.
  float expected[kRows * kPanel], found[kRows * kPanel];
  multiply(PortableBf16Kernels(), expected);
  multiply(kernels, found);
  return std::equal(std::begin(expected), std::end(expected), std::begin(found));
}
#endif

}  // namespace

std::span<const Bf16Kernels* const> RunnableBf16Kernels() {
  static const std::vector<const Bf16Kernels*> runnable = [] {
    std::vector<const Bf16Kernels*> found = {&PortableBf16Kernels()};
#if defined(__x86_64__)
    const auto add = [&](bool has, const Bf16Kernels& kernels) {
      if (has && AgreesWithPortable(kernels)) found.push_back(&kernels);
    };
    add(Cpu().avx2, Avx2Bf16Kernels());
    add(Cpu().avx512_bf16, Avx512Bf16Kernels());
#endif
    return found;
  }();
  return runnable;
}

const Bf16Kernels& BestBf16Kernels() {
  static const Bf16Kernels& best = *RunnableBf16Kernels().back();
  return best;
}

}  // namespace rem

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define REM_KERNEL __attribute__((target("avx2,fma")))

namespace rem {

namespace {

typedef float Floats __attribute__((vector_size(32)));
typedef uint32_t Pairs __attribute__((vector_size(32)));
constexpr size_t kLanes = 8;
// 8 of 16 registers hold sums: numbers on their way to F32 need some.
constexpr size_t kTileRows = 4;

/// Without instructions for such numbers: each is the upper half of an F32 number.
REM_KERNEL __attribute__((always_inline)) inline Floats Dot(Floats sum, uint32_t a, Pairs b) {
  const __m256i pairs = reinterpret_cast<__m256i>(b), both = _mm256_set1_epi32(static_cast<int>(a));
  const __m256i upper = _mm256_set1_epi32(static_cast<int>(0xFFFF0000));
  const __m256 seconds = _mm256_fmadd_ps(_mm256_castsi256_ps(_mm256_and_si256(both, upper)),
                                         _mm256_castsi256_ps(_mm256_and_si256(pairs, upper)), sum);
  return _mm256_fmadd_ps(_mm256_castsi256_ps(_mm256_slli_epi32(both, 16)),
                         _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16)), seconds);
}

}  // namespace

}  // namespace rem

#include "embedding/local/bf16_kernels_body.h"

namespace rem {

const Bf16Kernels& Avx2Bf16Kernels() {
  static constexpr Bf16Kernels kernels = MakeBf16Kernels("avx2");
  return kernels;
}

}  // namespace rem

#endif

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define REM_KERNEL __attribute__((target("avx2,fma")))

namespace rem {

namespace {

typedef int32_t Ints __attribute__((vector_size(32)));
constexpr size_t kLanes = 8;
// 8 of 16 registers hold sums: the products on their way to them need some.
constexpr size_t kTileRows = 4;

REM_KERNEL __attribute__((always_inline)) inline Ints Dot(Ints sum, int32_t a, Ints b) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi32(a), reinterpret_cast<__m256i>(b));
  return sum + reinterpret_cast<Ints>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

}  // namespace

}  // namespace rem

#include "embedding/local/int8_kernels_body.h"

namespace rem {

const Int8Kernels& Avx2Int8Kernels() {
  static constexpr Int8Kernels kernels = MakeInt8Kernels("avx2");
  return kernels;
}

}  // namespace rem

#endif

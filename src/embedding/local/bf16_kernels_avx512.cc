#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define REM_KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))

namespace rem {

namespace {

typedef float Floats __attribute__((vector_size(64)));
typedef uint32_t Pairs __attribute__((vector_size(64)));
constexpr size_t kLanes = 16;
// 24 of 32 registers hold sums.
constexpr size_t kTileRows = 12;

REM_KERNEL __attribute__((always_inline)) inline Floats Dot(Floats sum, uint32_t a, Pairs b) {
  const __m512i both = _mm512_set1_epi32(static_cast<int>(a));
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(both), reinterpret_cast<__m512bh>(b));
}

}  // namespace

}  // namespace rem

#include "embedding/local/bf16_kernels_body.h"

namespace rem {

const Bf16Kernels& Avx512Bf16Kernels() {
  static constexpr Bf16Kernels kernels = MakeBf16Kernels("avx512_bf16");
  return kernels;
}

}  // namespace rem

#endif

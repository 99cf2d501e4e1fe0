#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>

#define REM_KERNEL __attribute__((target("avx2,fma")))

namespace rem {

namespace {

typedef float Lanes __attribute__((vector_size(32)));
constexpr size_t kLanes = 8;
// 12 of 16 registers hold sums.
constexpr size_t kTileRows = 6;

REM_KERNEL __attribute__((always_inline)) inline Lanes Fma(Lanes a, Lanes b, Lanes c) {
  return _mm256_fmadd_ps(a, b, c);
}

}  // namespace

}  // namespace rem

#include "embedding/local/math_kernels_body.h"

namespace rem {

const MathKernels& Avx2MathKernels() {
  static constexpr MathKernels kernels = MakeKernels("avx2");
  return kernels;
}

}  // namespace rem

#endif

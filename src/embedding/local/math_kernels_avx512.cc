#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>

#define REM_KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))

namespace rem {

namespace {

typedef float Lanes __attribute__((vector_size(64)));
constexpr size_t kLanes = 16;
// 24 of 32 registers hold sums.
constexpr size_t kTileRows = 12;

REM_KERNEL __attribute__((always_inline)) inline Lanes Fma(Lanes a, Lanes b, Lanes c) {
  return _mm512_fmadd_ps(a, b, c);
}

}  // namespace

}  // namespace rem

#include "embedding/local/math_kernels_body.h"

namespace rem {

const MathKernels& Avx512MathKernels() {
  static constexpr MathKernels kernels = MakeKernels("avx512");
  return kernels;
}

}  // namespace rem

#endif

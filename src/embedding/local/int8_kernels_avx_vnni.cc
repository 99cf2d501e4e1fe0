#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define REM_KERNEL __attribute__((target("avx2,fma,avxvnni")))

namespace rem {

namespace {

typedef int32_t Ints __attribute__((vector_size(32)));
constexpr size_t kLanes = 8;
// 12 of 16 registers hold sums.
constexpr size_t kTileRows = 6;

REM_KERNEL __attribute__((always_inline)) inline Ints Dot(Ints sum, int32_t a, Ints b) {
  return reinterpret_cast<Ints>(
      _mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sum), _mm256_set1_epi32(a), reinterpret_cast<__m256i>(b)));
}

}  // namespace

}  // namespace rem

#include "embedding/local/int8_kernels_body.h"

namespace rem {

const Int8Kernels& AvxVnniInt8Kernels() {
  static constexpr Int8Kernels kernels = MakeInt8Kernels("avx_vnni");
  return kernels;
}

}  // namespace rem

#endif

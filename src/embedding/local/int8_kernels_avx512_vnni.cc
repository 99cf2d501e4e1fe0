#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define REM_KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")))

namespace rem {

namespace {

typedef int32_t Ints __attribute__((vector_size(64)));
constexpr size_t kLanes = 16;
// 24 of 32 registers hold sums.
constexpr size_t kTileRows = 12;

REM_KERNEL __attribute__((always_inline)) inline Ints Dot(Ints sum, int32_t a, Ints b) {
  return reinterpret_cast<Ints>(
      _mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum), _mm512_set1_epi32(a), reinterpret_cast<__m512i>(b)));
}

}  // namespace

}  // namespace rem

#include "embedding/local/int8_kernels_body.h"

namespace rem {

const Int8Kernels& Avx512VnniInt8Kernels() {
  static constexpr Int8Kernels kernels = MakeInt8Kernels("avx512_vnni");
  return kernels;
}

}  // namespace rem

#endif

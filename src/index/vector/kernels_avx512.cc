#include "index/vector/kernels_by_cpu.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define REM_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,popcnt")))
#define REM_AVX512_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,popcnt")))

namespace rem {

namespace {

REM_AVX512 float Dot(const float* a, const float* b, size_t length) {
  __m512 first = _mm512_setzero_ps(), second = _mm512_setzero_ps();
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    first = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), first);
    second = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16), second);
  }
  float sum = _mm512_reduce_add_ps(_mm512_add_ps(first, second));
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

REM_AVX512 float SquaredL2(const float* a, const float* b, size_t length) {
  __m512 total = _mm512_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    const __m512 difference = _mm512_sub_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
    total = _mm512_fmadd_ps(difference, difference, total);
  }
  float sum = _mm512_reduce_add_ps(total);
  for (; i < length; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

REM_AVX512 inline __m512 LoadHalves(const uint16_t* from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

REM_AVX512 float DotHalf(const float* a, const uint16_t* b, size_t length) {
  __m512 total = _mm512_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    total = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), LoadHalves(b + i), total);
  }
  float sum = _mm512_reduce_add_ps(total);
  for (; i < length; ++i) sum += a[i] * _cvtsh_ss(b[i]);
  return sum;
}

REM_AVX512 float DotHalves(const uint16_t* a, const uint16_t* b, size_t length) {
  __m512 total = _mm512_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= length; i += 16) total = _mm512_fmadd_ps(LoadHalves(a + i), LoadHalves(b + i), total);
  float sum = _mm512_reduce_add_ps(total);
  for (; i < length; ++i) sum += _cvtsh_ss(a[i]) * _cvtsh_ss(b[i]);
  return sum;
}

REM_AVX512 inline __m512i LoadInt16(const int8_t* from) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

REM_AVX512 int32_t DotInt8(const int8_t* a, const int8_t* b, size_t length) {
  __m512i total = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    total = _mm512_add_epi32(total, _mm512_madd_epi16(LoadInt16(a + i), LoadInt16(b + i)));
  }
  int32_t sum = _mm512_reduce_add_epi32(total);
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

REM_AVX512_VNNI int32_t DotInt8Vnni(const int8_t* a, const int8_t* b, size_t length) {
  __m512i total = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    const __m512i left = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i)));
    const __m512i right = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i)));
    total = _mm512_dpwssd_epi32(total, left, right);
  }
  int32_t sum = _mm512_reduce_add_epi32(total);
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

void Fetch(const int8_t* code, size_t length) {
  for (size_t i = 0; i < length; i += 64) __builtin_prefetch(code + i);
}

void DotInt8Many(const int8_t* a, const int8_t* const* others, size_t count, size_t length, int32_t* out) {
  constexpr size_t kAhead = 3;
  for (size_t i = 0; i < count && i < kAhead; ++i) Fetch(others[i], length);
  for (size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) Fetch(others[i + kAhead], length);
    out[i] = DotInt8(a, others[i], length);
  }
}

void DotInt8ManyVnni(const int8_t* a, const int8_t* const* others, size_t count, size_t length, int32_t* out) {
  constexpr size_t kAhead = 3;
  for (size_t i = 0; i < count && i < kAhead; ++i) Fetch(others[i], length);
  for (size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) Fetch(others[i + kAhead], length);
    out[i] = DotInt8Vnni(a, others[i], length);
  }
}

}  // namespace

const DistanceKernels& Avx512Kernels() {
  static const DistanceKernels kernels = {"avx512",  Dot,     SquaredL2,   DotHalf,
                                          DotHalves, DotInt8, DotInt8Many, Avx2Kernels().differing_bits_many};
  return kernels;
}

const DistanceKernels& Avx512VnniKernels() {
  static const DistanceKernels kernels = {
      "avx512-vnni", Dot,         SquaredL2,       DotHalf,
      DotHalves,     DotInt8Vnni, DotInt8ManyVnni, Avx2Kernels().differing_bits_many};
  return kernels;
}

}  // namespace rem

#endif

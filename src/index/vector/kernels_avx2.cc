#include "index/vector/kernels_by_cpu.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define REM_AVX2 __attribute__((target("avx2,fma,f16c,popcnt")))

namespace rem {

namespace {

REM_AVX2 inline float SumOf(__m256 lanes) {
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

REM_AVX2 inline int32_t SumOf(__m256i lanes) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}

REM_AVX2 float Dot(const float* a, const float* b, size_t length) {
  __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    sums[0] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), sums[0]);
    sums[1] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), sums[1]);
    sums[2] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 16), _mm256_loadu_ps(b + i + 16), sums[2]);
    sums[3] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 24), _mm256_loadu_ps(b + i + 24), sums[3]);
  }
  float sum = SumOf(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])));
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

REM_AVX2 float SquaredL2(const float* a, const float* b, size_t length) {
  __m256 first = _mm256_setzero_ps(), second = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    const __m256 low = _mm256_sub_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
    const __m256 high = _mm256_sub_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8));
    first = _mm256_fmadd_ps(low, low, first);
    second = _mm256_fmadd_ps(high, high, second);
  }
  float sum = SumOf(_mm256_add_ps(first, second));
  for (; i < length; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

REM_AVX2 inline __m256 LoadHalves(const uint16_t* from) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

REM_AVX2 float DotHalf(const float* a, const uint16_t* b, size_t length) {
  __m256 first = _mm256_setzero_ps(), second = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    first = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), LoadHalves(b + i), first);
    second = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), LoadHalves(b + i + 8), second);
  }
  float sum = SumOf(_mm256_add_ps(first, second));
  for (; i < length; ++i) sum += a[i] * _cvtsh_ss(b[i]);
  return sum;
}

REM_AVX2 float DotHalves(const uint16_t* a, const uint16_t* b, size_t length) {
  __m256 first = _mm256_setzero_ps(), second = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    first = _mm256_fmadd_ps(LoadHalves(a + i), LoadHalves(b + i), first);
    second = _mm256_fmadd_ps(LoadHalves(a + i + 8), LoadHalves(b + i + 8), second);
  }
  float sum = SumOf(_mm256_add_ps(first, second));
  for (; i < length; ++i) sum += _cvtsh_ss(a[i]) * _cvtsh_ss(b[i]);
  return sum;
}

// |a| * (b with the sign of a) is a * b, and two such products fit 16 bits because no element is -128.
REM_AVX2 inline __m256i PairProducts(const int8_t* a, const int8_t* b) {
  const __m256i left = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a));
  const __m256i right = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b));
  return _mm256_maddubs_epi16(_mm256_abs_epi8(left), _mm256_sign_epi8(right, left));
}

REM_AVX2 inline int32_t DotInt8Inline(const int8_t* a, const int8_t* b, size_t length) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i first = _mm256_setzero_si256(), second = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 64 <= length; i += 64) {
    first = _mm256_add_epi32(first, _mm256_madd_epi16(PairProducts(a + i, b + i), ones));
    second = _mm256_add_epi32(second, _mm256_madd_epi16(PairProducts(a + i + 32, b + i + 32), ones));
  }
  int32_t sum = SumOf(_mm256_add_epi32(first, second));
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

REM_AVX2 int32_t DotInt8(const int8_t* a, const int8_t* b, size_t length) { return DotInt8Inline(a, b, length); }

REM_AVX2 void DotInt8Many(const int8_t* a, const int8_t* const* others, size_t count, size_t length, int32_t* out) {
  // The codes lie all over memory: ask for them some vectors ahead of their use.
  constexpr size_t kAhead = 3;
  const auto fetch = [&](size_t which) {
    for (size_t i = 0; i < length; i += 64) _mm_prefetch(reinterpret_cast<const char*>(others[which] + i), _MM_HINT_T0);
  };
  for (size_t i = 0; i < count && i < kAhead; ++i) fetch(i);
  for (size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) fetch(i + kAhead);
    out[i] = DotInt8Inline(a, others[i], length);
  }
}

REM_AVX2 void DifferingBitsMany(const uint64_t* planes, const uint64_t* const* others, size_t count, size_t words,
                                uint32_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const uint64_t* other = others[i];
    uint64_t ones = 0, twos = 0, fours = 0, eights = 0;
    for (size_t word = 0; word < words; ++word) {
      const uint64_t bits = other[word];
      ones += static_cast<uint64_t>(_mm_popcnt_u64(bits ^ planes[word]));
      twos += static_cast<uint64_t>(_mm_popcnt_u64(bits ^ planes[words + word]));
      fours += static_cast<uint64_t>(_mm_popcnt_u64(bits ^ planes[2 * words + word]));
      eights += static_cast<uint64_t>(_mm_popcnt_u64(bits ^ planes[3 * words + word]));
    }
    out[i] = static_cast<uint32_t>(ones + 2 * twos + 4 * fours + 8 * eights);
  }
}

}  // namespace

const DistanceKernels& Avx2Kernels() {
  static constexpr DistanceKernels kKernels = {"avx2",    Dot,     SquaredL2,   DotHalf,
                                               DotHalves, DotInt8, DotInt8Many, DifferingBitsMany};
  return kKernels;
}

}  // namespace rem

#endif

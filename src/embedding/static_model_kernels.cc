#include "embedding/static_model_kernels.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace rem {

void AddTwoRowsPlainly(const int8_t* x, int32_t x_weight, const int8_t* y, int32_t y_weight, int32_t* sums,
                       size_t size) {
  for (size_t d = 0; d < size; ++d) sums[d] += x[d] * x_weight + y[d] * y_weight;
}

#if defined(__SSE2__)

namespace {

void AddFour(__m128i pairs, __m128i weights, int32_t* sums) {
  auto* at = reinterpret_cast<__m128i*>(sums);
  _mm_storeu_si128(at, _mm_add_epi32(_mm_loadu_si128(at), _mm_madd_epi16(pairs, weights)));
}

}  // namespace

// SSE2 is part of every x86-64: one instruction multiplies eight 16-bit numbers and adds neighbours, so elements of the
// two rows are laid side by side.
void AddTwoRows(const int8_t* x, int32_t x_weight, const int8_t* y, int32_t y_weight, int32_t* sums, size_t size) {
  const __m128i weights = _mm_set1_epi32(x_weight | y_weight << 16);
  for (size_t d = 0; d < size; d += 16) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + d));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(y + d));
    // A byte unpacked into the upper half of 16 bits and shifted down keeps its sign.
    const __m128i a_low = _mm_srai_epi16(_mm_unpacklo_epi8(a, a), 8),
                  a_high = _mm_srai_epi16(_mm_unpackhi_epi8(a, a), 8);
    const __m128i b_low = _mm_srai_epi16(_mm_unpacklo_epi8(b, b), 8),
                  b_high = _mm_srai_epi16(_mm_unpackhi_epi8(b, b), 8);
    AddFour(_mm_unpacklo_epi16(a_low, b_low), weights, sums + d);
    AddFour(_mm_unpackhi_epi16(a_low, b_low), weights, sums + d + 4);
    AddFour(_mm_unpacklo_epi16(a_high, b_high), weights, sums + d + 8);
    AddFour(_mm_unpackhi_epi16(a_high, b_high), weights, sums + d + 12);
  }
}

#else

void AddTwoRows(const int8_t* x, int32_t x_weight, const int8_t* y, int32_t y_weight, int32_t* sums, size_t size) {
  AddTwoRowsPlainly(x, x_weight, y, y_weight, sums, size);
}

#endif

}  // namespace rem

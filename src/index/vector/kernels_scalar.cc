#include <bit>
#include <cmath>
#include <cstring>

#include "index/vector/distance_kernels.h"

namespace rem {

namespace {

float Dot(const float* a, const float* b, size_t length) {
  double sum = 0;
  for (size_t i = 0; i < length; ++i) sum += double{a[i]} * b[i];
  return static_cast<float>(sum);
}

float SquaredL2(const float* a, const float* b, size_t length) {
  double sum = 0;
  for (size_t i = 0; i < length; ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  return static_cast<float>(sum);
}

float DotHalf(const float* a, const uint16_t* b, size_t length) {
  double sum = 0;
  for (size_t i = 0; i < length; ++i) sum += double{a[i]} * FromHalf(b[i]);
  return static_cast<float>(sum);
}

float DotHalves(const uint16_t* a, const uint16_t* b, size_t length) {
  double sum = 0;
  for (size_t i = 0; i < length; ++i) sum += double{FromHalf(a[i])} * FromHalf(b[i]);
  return static_cast<float>(sum);
}

int32_t DotInt8(const int8_t* a, const int8_t* b, size_t length) {
  int32_t sum = 0;
  for (size_t i = 0; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

void DotInt8Many(const int8_t* a, const int8_t* const* others, size_t count, size_t length, int32_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = DotInt8(a, others[i], length);
}

void DifferingBitsMany(const uint64_t* planes, const uint64_t* const* others, size_t count, size_t words,
                       uint32_t* out) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t sum = 0;
    for (size_t plane = 0; plane < kQueryPlanes; ++plane) {
      for (size_t word = 0; word < words; ++word) {
        const uint64_t differing = planes[plane * words + word] ^ others[i][word];
        sum += static_cast<uint32_t>(std::popcount(differing)) << plane;
      }
    }
    out[i] = sum;
  }
}

}  // namespace

const DistanceKernels& ScalarKernels() {
  static constexpr DistanceKernels kKernels = {"scalar",  Dot,     SquaredL2,   DotHalf,
                                               DotHalves, DotInt8, DotInt8Many, DifferingBitsMany};
  return kKernels;
}

uint16_t ToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;   // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00;  // rounds past the largest half
  if (magnitude < 0x38800000) {                       // below the smallest normal half: units of 2^-24
    const float units = std::nearbyint(std::ldexp(std::bit_cast<float>(magnitude), 24));
    return sign | static_cast<uint16_t>(units);
  }
  const uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return sign | static_cast<uint16_t>((rounded - 0x38000000) >> 13);
}

float FromHalf(uint16_t half) {
  const uint32_t sign = (half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1f;
  const uint32_t fraction = half & 0x3ff;
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

}  // namespace rem

#include "index/vector/kernels_by_cpu.h"

#if defined(__aarch64__)

#include <arm_neon.h>

namespace rem {

namespace {

float Dot(const float* a, const float* b, size_t length) {
  float32x4_t first = vdupq_n_f32(0), second = vdupq_n_f32(0);
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    first = vfmaq_f32(first, vld1q_f32(a + i), vld1q_f32(b + i));
    second = vfmaq_f32(second, vld1q_f32(a + i + 4), vld1q_f32(b + i + 4));
  }
  float sum = vaddvq_f32(vaddq_f32(first, second));
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

float SquaredL2(const float* a, const float* b, size_t length) {
  float32x4_t total = vdupq_n_f32(0);
  size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    const float32x4_t difference = vsubq_f32(vld1q_f32(a + i), vld1q_f32(b + i));
    total = vfmaq_f32(total, difference, difference);
  }
  float sum = vaddvq_f32(total);
  for (; i < length; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

float DotHalf(const float* a, const uint16_t* b, size_t length) {
  float32x4_t total = vdupq_n_f32(0);
  size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    total = vfmaq_f32(total, vld1q_f32(a + i), vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(b + i))));
  }
  float sum = vaddvq_f32(total);
  for (; i < length; ++i) sum += a[i] * FromHalf(b[i]);
  return sum;
}

float DotHalves(const uint16_t* a, const uint16_t* b, size_t length) {
  float32x4_t total = vdupq_n_f32(0);
  size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    total = vfmaq_f32(total, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(a + i))),
                      vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(b + i))));
  }
  float sum = vaddvq_f32(total);
  for (; i < length; ++i) sum += FromHalf(a[i]) * FromHalf(b[i]);
  return sum;
}

int32_t DotInt8(const int8_t* a, const int8_t* b, size_t length) {
  int32x4_t total = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    const int8x16_t left = vld1q_s8(a + i), right = vld1q_s8(b + i);
    total = vpadalq_s16(total, vmull_s8(vget_low_s8(left), vget_low_s8(right)));
    total = vpadalq_s16(total, vmull_s8(vget_high_s8(left), vget_high_s8(right)));
  }
  int32_t sum = vaddvq_s32(total);
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

void DotInt8Many(const int8_t* a, const int8_t* const* others, size_t count, size_t length, int32_t* out) {
  for (size_t i = 0; i < count; ++i) {
    if (i + 1 < count) {
      for (size_t at = 0; at < length; at += 64) __builtin_prefetch(others[i + 1] + at);
    }
    out[i] = DotInt8(a, others[i], length);
  }
}

}  // namespace

const DistanceKernels& NeonKernels() {
  static const DistanceKernels kernels = {"neon",    Dot,     SquaredL2,   DotHalf,
                                          DotHalves, DotInt8, DotInt8Many, ScalarKernels().differing_bits_many};
  return kernels;
}

}  // namespace rem

#endif

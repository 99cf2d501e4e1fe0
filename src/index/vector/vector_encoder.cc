#include "index/vector/vector_encoder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/random.h"

namespace rem {

namespace {

constexpr size_t kBlock = 64;
constexpr size_t kRounds = 2;
constexpr uint64_t kRotationSeed = 0x52454d20766563;  // stored codes depend on it
constexpr float kLargestCode = 127;
// Four planes of +1 and -1 give the odd numbers from -15 to 15.
constexpr float kLargestPlaneValue = 15;

void Hadamard(float* values, size_t length) {
  for (size_t half = 1; half < length; half *= 2) {
    for (size_t start = 0; start < length; start += 2 * half) {
      float *low = values + start, *high = values + start + half;
      for (size_t i = 0; i < half; ++i) {
        const float a = low[i], b = high[i];
        low[i] = a + b;
        high[i] = a - b;
      }
    }
  }
  const float scale = 1.0f / std::sqrt(static_cast<float>(length));
  for (size_t i = 0; i < length; ++i) values[i] *= scale;
}

// Rounds to the nearest integer without a call: exact for magnitudes below 2^22.
inline int RoundSmall(float value) { return static_cast<int>(value + (value < 0 ? -0.5f : 0.5f)); }

struct NumberCode {
  float scale = 0;           // of one step
  float code_dot_value = 0;  // inner product of the code with what it stands for
};

NumberCode ToBytes(const std::vector<float>& values, int8_t* code) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  if (!(largest > 0)) {
    std::fill_n(code, values.size(), int8_t{0});
    return {};
  }
  const float steps = kLargestCode / largest;
  float sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const int rounded = RoundSmall(values[i] * steps);
    code[i] = static_cast<int8_t>(rounded);
    sum += values[i] * static_cast<float>(rounded);
  }
  return {largest / kLargestCode, sum};
}

// In units of the largest element, so that nothing overflows and little vanishes.
NumberCode ToHalves(const std::vector<float>& values, int8_t* code) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  if (!(largest > 0)) {
    std::fill_n(code, values.size() * sizeof(uint16_t), int8_t{0});
    return {};
  }
  float sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t half = ToHalf(values[i] / largest);
    std::memcpy(code + i * sizeof(half), &half, sizeof(half));
    sum += values[i] * FromHalf(half);
  }
  return {largest, sum};
}

NumberCode ToFloats(const std::vector<float>& values, float squared, int8_t* code) {
  std::memcpy(code, values.data(), values.size() * sizeof(float));
  return {1, squared};
}

float SquaredLength(const float* values, size_t length) { return BestKernels().dot(values, values, length); }

}  // namespace

VectorRotation::VectorRotation(size_t dimension) : dimension_(dimension), power_(std::bit_floor(dimension)) {
  Random random(kRotationSeed + dimension);
  signs_.resize(2 * kRounds * dimension);
  for (float& sign : signs_) sign = (random.Next() >> 63) != 0 ? -1.0f : 1.0f;
}

void VectorRotation::Apply(float* vector) const {
  const float* signs = signs_.data();
  for (size_t round = 0; round < kRounds; ++round) {
    for (const size_t start : {size_t{0}, dimension_ - power_}) {
      for (size_t i = 0; i < dimension_; ++i) vector[i] *= signs[i];
      signs += dimension_;
      Hadamard(vector + start, power_);
    }
  }
}

VectorEncoder::VectorEncoder(size_t dimension, VectorMetric metric, std::vector<float> centre, VectorCodes codes)
    : dimension_(dimension),
      padded_((dimension + kBlock - 1) / kBlock * kBlock),
      metric_(metric),
      codes_(codes),
      centre_(std::move(centre)),
      unit_(metric == VectorMetric::kInnerProduct ? -1.0f : -2.0f),
      rotation_(padded_) {
  REM_CHECK(dimension_ > 0 && codes != VectorCodes::kAuto);
  REM_CHECK(centre_.empty() || (centre_.size() == dimension_ && metric_ != VectorMetric::kInnerProduct));
}

bool VectorEncoder::Transform(std::span<const float> vector, std::vector<float>& out) const {
  out.assign(padded_, 0.0f);
  float scale = 1;
  if (metric_ == VectorMetric::kCosine) {
    const float squared = SquaredLength(vector.data(), dimension_);
    if (!(squared > 0) || !std::isfinite(squared)) return false;
    scale = 1.0f / std::sqrt(squared);
  }
  for (size_t i = 0; i < dimension_; ++i) out[i] = vector[i] * scale;
  if (!centre_.empty()) {
    for (size_t i = 0; i < dimension_; ++i) out[i] -= centre_[i];
  }
  rotation_.Apply(out.data());
  return true;
}

bool VectorEncoder::Encode(std::span<const float> vector, EncodedVector& encoded) const {
  thread_local std::vector<float> values;
  if (!Transform(vector, values)) return false;
  const float squared = SquaredLength(values.data(), padded_);
  encoded.code.resize(code_bytes());
  encoded.bits.resize(bit_words());
  int8_t* code = encoded.code.data();
  const NumberCode numbers = codes_ == VectorCodes::kFloat32   ? ToFloats(values, squared, code)
                             : codes_ == VectorCodes::kFloat16 ? ToHalves(values, code)
                                                               : ToBytes(values, code);
  float magnitudes = 0;
  for (size_t word = 0; word < bit_words(); ++word) {
    uint64_t set = 0;
    for (size_t i = 0; i < kBlock; ++i) {
      const float value = values[word * kBlock + i];
      magnitudes += std::abs(value);
      set |= static_cast<uint64_t>(value >= 0) << i;
    }
    encoded.bits[word] = set;
  }
  // With these factors the estimated inner product of a vector with itself is exact.
  CodeFactors& factors = encoded.factors;
  factors.code = numbers.code_dot_value > 0 ? unit_ * squared / numbers.code_dot_value : 0;
  factors.bits = magnitudes > 0 ? unit_ * squared / magnitudes : 0;
  factors.add = metric_ == VectorMetric::kInnerProduct ? 0 : squared;
  // A vector so short that its square vanishes would otherwise count as the centre itself, which it is not.
  return std::isfinite(squared) && std::isfinite(factors.code) && std::isfinite(factors.bits);
}

float VectorEncoder::DeviationOf(const EncodedQuery& query, float code_factor) const {
  if (codes_ == VectorCodes::kFloat16 || codes_ == VectorCodes::kFloat32) return 0;
  // Each element is off by up to half a step, evenly, and the rotation makes that independent of the query. The query's
  // own code is off as much again.
  const int32_t squared = BestKernels().dot_int8(query.code.data(), query.code.data(), query.code.size());
  const float length = query.code_scale * std::sqrt(static_cast<float>(squared));
  return std::abs(code_factor) * length * std::sqrt(2.0f / 12.0f);
}

void VectorEncoder::EncodeQuery(std::span<const float> vector, EncodedQuery& query) const {
  thread_local std::vector<float> values;
  if (!Transform(vector, values)) values.assign(padded_, 0.0f);
  query.base = metric_ == VectorMetric::kInnerProduct ? 0 : SquaredLength(values.data(), padded_);
  if (codes_ == VectorCodes::kFloat16 || codes_ == VectorCodes::kFloat32) {
    query.values = values;
    query.code_scale = 1;
    return;
  }
  query.code.resize(padded_);
  query.code_scale = ToBytes(values, query.code.data()).scale;
  if (codes_ == VectorCodes::kBits) EncodePlanes(values, query);
}

void VectorEncoder::EncodePlanes(const std::vector<float>& values, EncodedQuery& query) const {
  // One step of the query in planes is 2 / 15 of its largest element.
  const size_t words = bit_words();
  query.planes.assign(kQueryPlanes * words, 0);
  const float largest = query.code_scale * kLargestCode;
  if (!(largest > 0)) {
    query.bits_scale = query.bits_offset = 0;
    return;
  }
  const float steps = kLargestPlaneValue / 2 / largest;
  for (size_t word = 0; word < words; ++word) {
    uint64_t planes[kQueryPlanes] = {};
    for (size_t i = 0; i < kBlock; ++i) {
      const float step = values[word * kBlock + i] * steps + kLargestPlaneValue / 2;
      const auto level = static_cast<uint64_t>(std::clamp(step + 0.5f, 0.0f, kLargestPlaneValue));
      for (size_t plane = 0; plane < kQueryPlanes; ++plane) planes[plane] |= (level >> plane & 1) << i;
    }
    for (size_t plane = 0; plane < kQueryPlanes; ++plane) query.planes[plane * words + word] = planes[plane];
  }
  // The sum over elements of (odd number * sign) is 15 * length - 2 * (differing bits by weight of the plane).
  const float unit = largest / kLargestPlaneValue;
  query.bits_offset = unit * kLargestPlaneValue * static_cast<float>(padded_);
  query.bits_scale = -2 * unit;
}

}  // namespace rem

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/vector/distance_kernels.h"

namespace rem {

enum class VectorMetric : uint8_t { kCosine = 0, kInnerProduct = 1, kL2 = 2 };

/// What an index keeps of each vector, and walks by. In the order of their loss:
enum class VectorCodes : uint8_t {
  kInt8 = 0,     ///< One byte an element, with a scale of each vector's own.
  kBits = 1,     ///< One bit an element to walk by; bytes as with kInt8 to link nodes and to order what was found.
  kFloat16 = 2,  ///< A half-precision number an element, in units of the vector's largest element.
  kFloat32 = 3,  ///< The numbers themselves.
  kAuto = 255,   ///< kBits from kDimensionForBits on, kInt8 below.
};

/// A random rotation, always the same for one dimension: spreads what a vector says evenly over its elements, so that
/// codes with few bits an element lose little whatever the data. Walsh-Hadamard transforms with random signs in between
/// (Ailon & Chazelle 2009), two overlapping ones where the dimension is no power of two.
class VectorRotation {
 public:
  /// `dimension` is a multiple of 64.
  explicit VectorRotation(size_t dimension);
  /// Keeps lengths and inner products up to rounding.
  void Apply(float* vector) const;

 private:
  size_t dimension_;
  size_t power_;  // the largest power of two that fits
  std::vector<float> signs_;
};

/// What turns the integer result of a kernel into a distance: see VectorEncoder.
struct CodeFactors {
  float bits = 0;
  float code = 0;
  float add = 0;
};

struct EncodedVector {
  std::vector<int8_t> code;  // the bytes of numbers under kFloat16 and kFloat32
  std::vector<uint64_t> bits;
  CodeFactors factors;
};

/// A query, ready to be compared with codes.
struct EncodedQuery {
  std::vector<int8_t> code;
  std::vector<float> values;  // under kFloat16 and kFloat32, instead of the code
  std::vector<uint64_t> planes;
  float base = 0;
  float code_scale = 0;
  float bits_scale = 0;
  float bits_offset = 0;
};

/// Turns vectors into codes whose distance to a query can be estimated.
///
/// A vector is moved by the centre (and under kCosine first brought to length 1), rotated, and coded twice: by numbers
/// as VectorCodes says, such as one byte an element, scaled by the largest of the vector, and as one bit an element,
/// its sign (RaBitQ; Gao & Long, SIGMOD 2024). Both estimates have the form
///
///     distance = query.base + factors.add + factors.x * scale * (inner product from the kernel)
///
/// and are unbiased over the rotation. Smaller is nearer: the squared distance for kL2 and, after normalising, for
/// kCosine; minus the inner product for kInnerProduct.
class VectorEncoder {
 public:
  /// `centre` is empty or has `dimension` elements; it must be empty for kInnerProduct. For kCosine it is the mean of
  /// vectors of length 1.
  VectorEncoder(size_t dimension, VectorMetric metric, std::vector<float> centre,
                VectorCodes codes = VectorCodes::kBits);

  size_t dimension() const { return dimension_; }
  VectorMetric metric() const { return metric_; }
  const std::vector<float>& centre() const { return centre_; }
  VectorCodes codes() const { return codes_; }
  size_t code_bytes() const {
    if (codes_ == VectorCodes::kFloat32) return padded_ * sizeof(float);
    return codes_ == VectorCodes::kFloat16 ? padded_ * sizeof(uint16_t) : padded_;
  }
  size_t bit_words() const { return padded_ / 64; }

  /// False when there is no code: no direction under kCosine, or a length that overflows.
  bool Encode(std::span<const float> vector, EncodedVector& encoded) const;
  void EncodeQuery(std::span<const float> vector, EncodedQuery& query) const;

  /// The scale with which a stored code serves as a query; its base is its own `add`.
  float ScaleAsQuery(const CodeFactors& factors) const { return factors.code / unit_; }
  /// About the standard deviation of an estimate from a number code with this factor.
  float DeviationOf(const EncodedQuery& query, float code_factor) const;

 private:
  bool Transform(std::span<const float> vector, std::vector<float>& out) const;
  void EncodePlanes(const std::vector<float>& values, EncodedQuery& query) const;

  size_t dimension_;
  size_t padded_;
  VectorMetric metric_;
  VectorCodes codes_;
  std::vector<float> centre_;
  float unit_;  // -2 where the distance is a squared length, -1 for the inner product
  VectorRotation rotation_;
};

}  // namespace rem

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "embedding/local/int8_kernels.h"

namespace rem {

/// A matrix of weights in bytes, each column with a scale of its own (symmetric, -63 to 63), for rows that are turned
/// into bytes as they come, each with a scale and a zero of its own (Jacob et al., "Quantization and Training of Neural
/// Networks for Efficient Integer-Arithmetic-Only Inference", 2018).
class QuantisedMatrix {
 public:
  explicit QuantisedMatrix(const Int8Kernels& kernels) : kernels_(&kernels) {}

  /// Element (k, n) is from[n * depth + k].
  void Pack(const float* from, size_t columns, size_t depth);

  size_t columns() const { return columns_; }
  size_t depth() const { return depth_; }

  /// As PackedMatrix::Multiply, about.
  void Multiply(const float* a, size_t a_stride, size_t rows, const float* start, float* c, size_t c_stride) const;

 private:
  const Int8Kernels* kernels_;
  size_t columns_ = 0;
  size_t depth_ = 0;
  size_t groups_ = 0;
  std::vector<int8_t> panels_;
  // Of each column, those that fill the last panel up included.
  std::vector<float> scales_;
  std::vector<int32_t> sums_;
};

}  // namespace rem

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "embedding/local/bf16_kernels.h"

namespace rem {

/// A matrix of weights in bfloat16, for rows that are rounded to it as they come. Sums are F32.
class Bf16Matrix {
 public:
  explicit Bf16Matrix(const Bf16Kernels& kernels) : kernels_(&kernels) {}

  /// Element (k, n) is from[n * depth + k].
  void Pack(const float* from, size_t columns, size_t depth);

  size_t columns() const { return columns_; }
  size_t depth() const { return depth_; }

  /// As PackedMatrix::Multiply, about.
  void Multiply(const float* a, size_t a_stride, size_t rows, const float* start, float* c, size_t c_stride) const;

 private:
  const Bf16Kernels* kernels_;
  size_t columns_ = 0;
  size_t depth_ = 0;
  size_t pairs_ = 0;
  std::vector<uint16_t> panels_;
};

}  // namespace rem

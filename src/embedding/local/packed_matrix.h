#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace rem {

struct MathKernels;

/// Floats that begin on a cache line. Not initialised.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(size_t size);
  float* data() { return floats_.get(); }
  const float* data() const { return floats_.get(); }
  size_t size() const { return size_; }
  /// At least `size` floats; what was there is lost when that needs more memory.
  float* Reserve(size_t size);

 private:
  struct Free {
    void operator()(float* floats) const { std::free(floats); }
  };
  std::unique_ptr<float[], Free> floats_;
  size_t size_ = 0;
};

/// A matrix as the kernels read it: panels of MathKernels::panel columns, each with `depth` rows of so many floats, the
/// last one filled up with zeros.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  explicit PackedMatrix(const MathKernels& kernels) : kernels_(&kernels) {}

  /// Element (k, n) is from[k * depth_stride + n * column_stride]. A matrix that is packed anew keeps its memory.
  void Pack(const float* from, size_t columns, size_t column_stride, size_t depth, size_t depth_stride);

  size_t columns() const { return columns_; }
  size_t depth() const { return depth_; }

  /// c = a * matrix + start: `rows` rows, one every a_stride (c_stride) floats; `start` has columns() floats, or is
  /// nullptr. Rows do not depend on each other, to the bit.
  void Multiply(const float* a, size_t a_stride, size_t rows, const float* start, float* c, size_t c_stride) const;

 private:
  const MathKernels* kernels_ = nullptr;
  size_t columns_ = 0;
  size_t depth_ = 0;
  AlignedFloats panels_;
};

}  // namespace rem

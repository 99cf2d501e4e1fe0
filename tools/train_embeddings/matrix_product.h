#pragma once

#include <cstddef>
#include <vector>

namespace rem::training {

/// A matrix in memory: element (i, j) lies at data[i * row_stride + j * column_stride].
struct MatrixView {
  const float* data;
  size_t row_stride;
  size_t column_stride;
};

/// Products of dense matrices on one thread, blocked for registers and caches (Goto and van de Geijn, "Anatomy of
/// High-Performance Matrix Multiplication", 2008).
class MatrixProduct {
 public:
  /// out = factor * a * b, with a of rows x depth, b of depth x columns; `out` is dense, row by row.
  void Multiply(size_t rows, size_t columns, size_t depth, float factor, MatrixView a, MatrixView b, float* out);

 private:
  std::vector<float> packed_a_, packed_b_;
};

}  // namespace rem::training

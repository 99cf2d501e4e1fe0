#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rem {

/// How a row of numbers x became bytes q: x is about (q - zero) * scale.
struct Int8Row {
  float scale = 0;
  int32_t zero = 0;
};

/// Rows of bytes times one panel of a quantised matrix.
struct Int8Product {
  const uint8_t* a;  ///< rows * 4 * groups bytes, a row every a_stride.
  size_t a_stride;
  const Int8Row* a_rows;
  size_t rows;
  size_t groups;        ///< Of four bytes of depth.
  const int8_t* panel;  ///< groups * Int8Kernels::panel * 4: the four bytes of a group of one column are neighbours.
  /// Of each column of the panel: what its bytes are multiplied with, and their sum.
  const float* scales;
  const int32_t* sums;
  const float* start;  ///< One float for each column that the sums begin with, or nullptr for 0.
  float* c;            ///< rows * columns, a row every c_stride floats.
  size_t c_stride;
  size_t columns;  ///< At most the panel's width; what the panel has beyond is not written.
};

/// A matrix product of bytes for one instruction set. Sums of products are whole numbers, so all of them give the same
/// result but for the rounding of the last multiplication and addition.
struct Int8Kernels {
  /// Weights are at most this: two products with bytes without sign fit sixteen bits with one (vpmaddubsw does not
  /// saturate). Instruction sets without that bound keep it, so that a text's vector is the same everywhere.
  static constexpr int kMostWeight = 63;

  const char* name;
  size_t panel;  ///< Columns.
  void (*multiply)(const Int8Product& product);
  /// Writes `size` bytes that stand for the row: its smallest number (or 0) is 0 and its largest one (or 0) is 255.
  Int8Row (*quantise)(const float* row, size_t size, uint8_t* out);
};

/// The fastest ones that this processor runs.
const Int8Kernels& BestInt8Kernels();
/// All that it runs, and that agree with the portable ones, which come first.
std::span<const Int8Kernels* const> RunnableInt8Kernels();

const Int8Kernels& PortableInt8Kernels();
#if defined(__x86_64__)
const Int8Kernels& Avx2Int8Kernels();
const Int8Kernels& AvxVnniInt8Kernels();
const Int8Kernels& Avx512VnniInt8Kernels();
#endif

}  // namespace rem

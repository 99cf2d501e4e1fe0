#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rem {

/// Rows of bfloat16 numbers times one panel of a matrix of such numbers.
struct Bf16Product {
  const uint16_t* a;  ///< rows * 2 * pairs numbers, a row every a_stride.
  size_t a_stride;
  size_t rows;
  size_t pairs;           ///< Of depth.
  const uint16_t* panel;  ///< pairs * Bf16Kernels::panel * 2: the two numbers of a pair of one column are neighbours.
  const float* start;     ///< One float for each column that the sums begin with, or nullptr for 0.
  float* c;               ///< rows * columns, a row every c_stride floats.
  size_t c_stride;
  size_t columns;  ///< At most the panel's width; what the panel has beyond is not written.
};

/// A matrix product of bfloat16 numbers for one instruction set. Products of two such numbers are exact in F32, and are
/// added to a sum one after the other, of each pair the second one first, as vdpbf16ps does: all instruction sets give
/// the same bits, but for numbers below 2^-126, which vdpbf16ps takes for 0.
struct Bf16Kernels {
  const char* name;
  size_t panel;  ///< Columns.
  void (*multiply)(const Bf16Product& product);
  /// Rounds to the nearest bfloat16 number, and to the even one of two.
  void (*round)(const float* row, size_t size, uint16_t* out);
};

/// The fastest ones that this processor runs.
const Bf16Kernels& BestBf16Kernels();
/// All that it runs, and that agree with the portable ones, which come first.
std::span<const Bf16Kernels* const> RunnableBf16Kernels();

const Bf16Kernels& PortableBf16Kernels();
#if defined(__x86_64__)
const Bf16Kernels& Avx2Bf16Kernels();
const Bf16Kernels& Avx512Bf16Kernels();
#endif

}  // namespace rem

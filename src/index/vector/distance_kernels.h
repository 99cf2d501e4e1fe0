#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rem {

/// The inner loops of vector search for one instruction set. Lengths are any number of elements and addresses need no
/// alignment. Integer results are the same in every set; those of floats differ from the scalar twin by rounding only
/// (relative to the sum of the magnitudes of the terms, 1e-6 at up to 16,384 elements).
struct DistanceKernels {
  const char* name;

  /// Sum of a[i] * b[i].
  float (*dot)(const float* a, const float* b, size_t length);
  /// Sum of (a[i] - b[i])^2.
  float (*squared_l2)(const float* a, const float* b, size_t length);
  /// Sum of a[i] * b[i], where b holds IEEE half-precision numbers.
  float (*dot_half)(const float* a, const uint16_t* b, size_t length);
  /// Sum of a[i] * b[i], where both hold half-precision numbers.
  float (*dot_halves)(const uint16_t* a, const uint16_t* b, size_t length);
  /// Sum of a[i] * b[i]. Elements lie in [-127, 127]; at most 16,384 * 8 of them.
  int32_t (*dot_int8)(const int8_t* a, const int8_t* b, size_t length);
  /// dot_int8 of one vector with `count` others.
  void (*dot_int8_many)(const int8_t* a, const int8_t* const* others, size_t count, size_t length, int32_t* out);
  /// For each of `count` bit vectors of `words` words: the sum over the four planes j of 2^j * the number of bits in
  /// which the vector differs from plane j. `planes` holds plane 0, then plane 1, and so on.
  void (*differing_bits_many)(const uint64_t* planes, const uint64_t* const* others, size_t count, size_t words,
                              uint32_t* out);
};

inline constexpr size_t kQueryPlanes = 4;

/// Defines the answers; plain loops.
const DistanceKernels& ScalarKernels();
/// The fastest that this processor runs.
const DistanceKernels& BestKernels();
/// All that this processor runs, the scalar ones first: for tests.
std::span<const DistanceKernels* const> RunnableKernels();

/// IEEE half precision, round to nearest even; too large numbers become infinite.
uint16_t ToHalf(float value);
float FromHalf(uint16_t half);

}  // namespace rem

#pragma once

#include <cstddef>

namespace rem {

/// Sum of the products of the elements, added up in float lanes.
double InnerProduct(const float* a, const float* b, size_t dimension);
/// Inner product of the two directions, in [-1, 1]; 0 when one of them has length 0.
double CosineSimilarity(const float* a, const float* b, size_t dimension);
/// The same from the inner product of two vectors and the squares of their lengths.
double CosineOf(double product, double squared_a, double squared_b);
/// Length of the difference.
double L2Distance(const float* a, const float* b, size_t dimension);

}  // namespace rem

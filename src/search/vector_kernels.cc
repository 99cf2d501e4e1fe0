#include "search/vector_kernels.h"

#include <algorithm>
#include <cmath>

namespace rem {

namespace {

// Independent lanes let the compiler use vector registers without changing the order of additions.
constexpr size_t kLanes = 16;

struct Lanes {
  float values[kLanes] = {};
  double Sum() const {
    double sum = 0;
    for (const float value : values) sum += value;
    return sum;
  }
};

}  // namespace

double InnerProduct(const float* a, const float* b, size_t dimension) {
  Lanes lanes;
  size_t i = 0;
  for (; i + kLanes <= dimension; i += kLanes) {
    for (size_t j = 0; j < kLanes; ++j) lanes.values[j] += a[i + j] * b[i + j];
  }
  double sum = lanes.Sum();
  for (; i < dimension; ++i) sum += double{a[i]} * b[i];
  return sum;
}

double CosineSimilarity(const float* a, const float* b, size_t dimension) {
  return CosineOf(InnerProduct(a, b, dimension), InnerProduct(a, a, dimension), InnerProduct(b, b, dimension));
}

double CosineOf(double product, double squared_a, double squared_b) {
  const double norms = squared_a * squared_b;
  if (!(norms > 0)) return 0;
  return std::clamp(product / std::sqrt(norms), -1.0, 1.0);
}

double L2Distance(const float* a, const float* b, size_t dimension) {
  // In doubles: the square of a difference of floats may be too large for a float.
  double lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= dimension; i += kLanes) {
    for (size_t j = 0; j < kLanes; ++j) {
      const double difference = double{a[i + j]} - b[i + j];
      lanes[j] += difference * difference;
    }
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  for (; i < dimension; ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  return std::sqrt(sum);
}

}  // namespace rem

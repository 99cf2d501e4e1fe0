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
  const double norms = InnerProduct(a, a, dimension) * InnerProduct(b, b, dimension);
  if (!(norms > 0)) return 0;
  return std::clamp(InnerProduct(a, b, dimension) / std::sqrt(norms), -1.0, 1.0);
}

}  // namespace rem

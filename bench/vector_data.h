#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "index/vector/distance_kernels.h"
#include "measure.h"

namespace rem::bench {

/// Vectors like those of a text model: a mixture of 1000 clusters of unequal size and spread in a latent space of 32
/// dimensions, projected at random to `dimension`, plus noise of full rank, brought to length 1.
class VectorSource {
 public:
  VectorSource(size_t dimension, uint64_t seed) : dimension_(dimension), random_(seed), normal_(0, 1) {
    centres_.resize(kClusters * kLatent);
    for (float& value : centres_) value = normal_(random_);
    std::vector<double> weights(kClusters);
    for (size_t i = 0; i < kClusters; ++i) weights[i] = 1 / std::sqrt(static_cast<double>(i + 1));
    cluster_ = std::discrete_distribution<size_t>(weights.begin(), weights.end());
    std::uniform_real_distribution<float> spread(0.4f, 0.9f);
    for (size_t i = 0; i < kClusters; ++i) spreads_.push_back(spread(random_));
    projection_.resize(kLatent * dimension);
    for (float& value : projection_) value = normal_(random_) / std::sqrt(static_cast<float>(kLatent));
  }

  std::vector<float> Sample(size_t count) {
    std::vector<float> vectors(count * dimension_);
    for (size_t i = 0; i < count; ++i) {
      float* vector = vectors.data() + i * dimension_;
      const size_t cluster = cluster_(random_);
      for (size_t d = 0; d < dimension_; ++d) vector[d] = kNoise * normal_(random_);
      for (size_t l = 0; l < kLatent; ++l) {
        const float latent = centres_[cluster * kLatent + l] + spreads_[cluster] * normal_(random_);
        for (size_t d = 0; d < dimension_; ++d) vector[d] += latent * projection_[l * dimension_ + d];
      }
      const float length = std::sqrt(BestKernels().dot(vector, vector, dimension_));
      for (size_t d = 0; d < dimension_; ++d) vector[d] /= length;
    }
    return vectors;
  }

 private:
  static constexpr size_t kClusters = 1000;
  static constexpr size_t kLatent = 32;
  static constexpr float kNoise = 0.15f;

  size_t dimension_;
  std::mt19937_64 random_;
  std::normal_distribution<float> normal_;
  std::discrete_distribution<size_t> cluster_;
  std::vector<float> centres_, spreads_, projection_;
};

/// The rows with the highest inner products, best first, of those in `rows`.
inline std::vector<uint64_t> TopOf(const std::vector<float>& scores, const std::vector<uint64_t>& rows, size_t k) {
  std::vector<uint64_t> top = rows;
  const size_t kept = std::min(k, top.size());
  std::partial_sort(top.begin(), top.begin() + static_cast<ptrdiff_t>(kept), top.end(),
                    [&](uint64_t a, uint64_t b) { return scores[a] > scores[b]; });
  top.resize(kept);
  return top;
}

}  // namespace rem::bench

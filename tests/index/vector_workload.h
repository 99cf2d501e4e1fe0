#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "base/random.h"
#include "index/vector/hnsw_index.h"

namespace rem {

using Vector = std::vector<float>;

inline float Normal(Random& random) {
  const double u = 1 - random.Uniform();
  return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * 3.14159265358979 * random.Uniform()));
}

/// Rows around `clusters` random centres, each with a spread of its own; 0 clusters for plain noise.
inline std::vector<Vector> ClusteredVectors(size_t count, size_t dimension, size_t clusters, uint64_t seed) {
  Random random(seed);
  std::vector<Vector> centres(clusters, Vector(dimension));
  for (Vector& centre : centres) {
    for (float& value : centre) value = Normal(random);
  }
  std::vector<Vector> vectors(count, Vector(dimension));
  for (Vector& vector : vectors) {
    const size_t cluster = clusters == 0 ? 0 : random.Below(clusters);
    for (size_t d = 0; d < dimension; ++d) {
      vector[d] = Normal(random) * (clusters == 0 ? 1.0f : 0.3f) + (clusters == 0 ? 0 : centres[cluster][d]);
    }
  }
  return vectors;
}

/// Exact distance, smaller is nearer: what the index estimates.
inline double ExactDistance(VectorMetric metric, const Vector& a, const Vector& b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  if (metric == VectorMetric::kInnerProduct) return -dot;
  if (metric == VectorMetric::kL2) return aa + bb - 2 * dot;
  return aa > 0 && bb > 0 ? 2 - 2 * dot / std::sqrt(aa * bb) : 2;
}

/// The rows that lie in the index, by row id; the oracle beside it.
using Rows = std::map<uint64_t, Vector>;

/// Share of the k nearest rows that a search, with its candidates ranked exactly, finds. A row as near as the k-th
/// counts as found: equal vectors may stand for each other.
inline double RecallOf(const HnswIndex& index, const Rows& rows, const std::vector<Vector>& queries, size_t k,
                       size_t ef) {
  const VectorMetric metric = index.options().metric;
  size_t hits = 0, wanted = 0;
  for (const Vector& query : queries) {
    std::vector<double> all;
    for (const auto& [row, vector] : rows) all.push_back(ExactDistance(metric, query, vector));
    std::sort(all.begin(), all.end());
    const size_t kept = std::min(k, all.size());
    std::vector<double> found;
    for (const HnswCandidate& candidate : index.Search({query, 2 * k, ef})) {
      const auto at = rows.find(candidate.row);
      if (at == rows.end()) return -1;  // a row that is not there
      found.push_back(ExactDistance(metric, query, at->second));
    }
    std::sort(found.begin(), found.end());
    found.resize(std::min(found.size(), kept));
    wanted += kept;
    for (const double distance : found) hits += distance <= all[kept - 1] + 1e-9;
  }
  return wanted == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(wanted);
}

inline constexpr VectorCodes kAllCodes[] = {VectorCodes::kInt8, VectorCodes::kBits, VectorCodes::kFloat16,
                                            VectorCodes::kFloat32};

inline HnswOptions OptionsFor(size_t dimension, VectorMetric metric = VectorMetric::kCosine,
                              VectorCodes codes = VectorCodes::kBits) {
  HnswOptions options;
  options.dimension = dimension;
  options.metric = metric;
  options.codes = codes;
  return options;
}

}  // namespace rem

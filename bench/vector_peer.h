#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rem::bench {

/// A vector index under test: cosine over vectors of length 1.
class VectorPeer {
 public:
  virtual ~VectorPeer() = default;
  virtual std::string name() const = 0;
  virtual void Build(const float* vectors, size_t count, size_t dimension, int threads) = 0;
  /// The `k` nearest by beam width `ef`; returns how many were found.
  virtual size_t Search(const float* query, size_t k, size_t ef, uint64_t* out) = 0;
};

/// Null where hnswlib is not installed.
std::unique_ptr<VectorPeer> MakeHnswlibPeer(uint32_t m, uint32_t ef_construction);

}  // namespace rem::bench

#pragma once

#include "index/vector/node_store.h"
#include "index/vector/vector_encoder.h"

namespace rem {

/// How many nodes are compared in one call of a kernel.
inline constexpr size_t kScoreBatch = 64;

/// Distances of a query to nodes, from their bytes.
class ByteScorer {
 public:
  ByteScorer(const NodeStore& store, const EncodedQuery& query)
      : store_(store), code_(query.code.data()), base_(query.base), scale_(query.code_scale) {}
  /// A stored node as the query.
  ByteScorer(const NodeStore& store, const VectorEncoder& encoder, Slot slot) : store_(store), code_(store.code(slot)) {
    const NodeHeader& header = store.header(slot);
    base_ = header.add;
    scale_ = encoder.ScaleAsQuery({header.bits_factor, header.code_factor, header.add});
  }

  void Prefetch(Slot slot) const { __builtin_prefetch(&store_.header(slot)); }
  void Score(const Slot* slots, size_t count, float* out) const {
    const int8_t* codes[kScoreBatch];
    int32_t dots[kScoreBatch];
    while (count > 0) {
      const size_t batch = count < kScoreBatch ? count : kScoreBatch;
      for (size_t i = 0; i < batch; ++i) codes[i] = store_.code(slots[i]);
      kernels_.dot_int8_many(code_, codes, batch, store_.layout().code_bytes, dots);
      for (size_t i = 0; i < batch; ++i) out[i] = DistanceOf(slots[i], dots[i]);
      slots += batch;
      out += batch;
      count -= batch;
    }
  }
  float Score(Slot slot) const {
    return DistanceOf(slot, kernels_.dot_int8(code_, store_.code(slot), store_.layout().code_bytes));
  }

 private:
  float DistanceOf(Slot slot, int32_t dot) const {
    const NodeHeader& header = store_.header(slot);
    return base_ + header.add + header.code_factor * (scale_ * static_cast<float>(dot));
  }

  const NodeStore& store_;
  const DistanceKernels& kernels_ = BestKernels();
  const int8_t* code_;
  float base_;
  float scale_;
};

/// Distances of a query to nodes, from their bits: less exact, and one cache line a node.
class BitScorer {
 public:
  BitScorer(const NodeStore& store, const EncodedQuery& query) : store_(store), query_(query) {}

  void Prefetch(Slot slot) const { store_.PrefetchBits(slot); }
  void Score(const Slot* slots, size_t count, float* out) const {
    const uint64_t* bits[kScoreBatch];
    uint32_t sums[kScoreBatch];
    while (count > 0) {
      const size_t batch = count < kScoreBatch ? count : kScoreBatch;
      for (size_t i = 0; i < batch; ++i) bits[i] = store_.bits(slots[i]);
      kernels_.differing_bits_many(query_.planes.data(), bits, batch, store_.layout().bit_words, sums);
      for (size_t i = 0; i < batch; ++i) {
        const NodeHeader& header = store_.header(slots[i]);
        const float dot = query_.bits_offset + query_.bits_scale * static_cast<float>(sums[i]);
        out[i] = query_.base + header.add + header.bits_factor * dot;
      }
      slots += batch;
      out += batch;
      count -= batch;
    }
  }
  float Score(Slot slot) const {
    float distance;
    Score(&slot, 1, &distance);
    return distance;
  }

 private:
  const NodeStore& store_;
  const DistanceKernels& kernels_ = BestKernels();
  const EncodedQuery& query_;
};

}  // namespace rem

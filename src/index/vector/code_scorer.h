#pragma once

#include "index/vector/node_store.h"
#include "index/vector/vector_encoder.h"

namespace rem {

/// How many nodes are compared in one call of a kernel.
inline constexpr size_t kScoreBatch = 64;

/// Distances of a query to nodes, from the numbers that they keep: bytes, halves or floats.
class CodeScorer {
 public:
  CodeScorer(const NodeStore& store, const VectorEncoder& encoder, const EncodedQuery& query)
      : store_(store), base_(query.base), scale_(query.code_scale) {
    switch (encoder.codes()) {
      case VectorCodes::kFloat32:
        kind_ = Kind::kFloats;
        floats_ = query.values.data();
        break;
      case VectorCodes::kFloat16:
        kind_ = Kind::kFloatAndHalves;
        floats_ = query.values.data();
        break;
      default:
        kind_ = Kind::kBytes;
        code_ = query.code.data();
    }
  }
  /// A stored node as the query.
  CodeScorer(const NodeStore& store, const VectorEncoder& encoder, Slot slot) : store_(store) {
    const NodeHeader& header = store.header(slot);
    base_ = header.add;
    scale_ = encoder.ScaleAsQuery({header.bits_factor, header.code_factor, header.add});
    code_ = store.code(slot);
    floats_ = reinterpret_cast<const float*>(code_);
    kind_ = encoder.codes() == VectorCodes::kFloat32   ? Kind::kFloats
            : encoder.codes() == VectorCodes::kFloat16 ? Kind::kHalves
                                                       : Kind::kBytes;
  }

  void Prefetch(Slot slot) const { __builtin_prefetch(&store_.header(slot)); }
  void Score(const Slot* slots, size_t count, float* out) const {
    if (kind_ == Kind::kBytes) return ScoreBytes(slots, count, out);
    // The codes lie all over memory: they are asked for some nodes ahead of their use.
    constexpr size_t kAhead = 2;
    for (size_t i = 0; i < count && i < kAhead; ++i) FetchCode(slots[i]);
    for (size_t i = 0; i < count; ++i) {
      if (i + kAhead < count) FetchCode(slots[i + kAhead]);
      out[i] = Score(slots[i]);
    }
  }
  float Score(Slot slot) const { return DistanceOf(slot, Dot(store_.code(slot))); }

 private:
  enum class Kind : uint8_t { kBytes, kFloats, kFloatAndHalves, kHalves };

  void ScoreBytes(const Slot* slots, size_t count, float* out) const {
    const int8_t* codes[kScoreBatch];
    int32_t dots[kScoreBatch];
    while (count > 0) {
      const size_t batch = count < kScoreBatch ? count : kScoreBatch;
      for (size_t i = 0; i < batch; ++i) codes[i] = store_.code(slots[i]);
      kernels_.dot_int8_many(code_, codes, batch, store_.layout().code_bytes, dots);
      for (size_t i = 0; i < batch; ++i) out[i] = DistanceOf(slots[i], static_cast<float>(dots[i]));
      slots += batch;
      out += batch;
      count -= batch;
    }
  }
  float Dot(const int8_t* code) const {
    const size_t bytes = store_.layout().code_bytes;
    const auto* halves = reinterpret_cast<const uint16_t*>(code);
    switch (kind_) {
      case Kind::kBytes:
        return static_cast<float>(kernels_.dot_int8(code_, code, bytes));
      case Kind::kFloats:
        return kernels_.dot(floats_, reinterpret_cast<const float*>(code), bytes / sizeof(float));
      case Kind::kFloatAndHalves:
        return kernels_.dot_half(floats_, halves, bytes / sizeof(uint16_t));
      case Kind::kHalves:
        return kernels_.dot_halves(reinterpret_cast<const uint16_t*>(code_), halves, bytes / sizeof(uint16_t));
    }
    return 0;
  }
  float DistanceOf(Slot slot, float dot) const {
    const NodeHeader& header = store_.header(slot);
    return base_ + header.add + header.code_factor * (scale_ * dot);
  }
  void FetchCode(Slot slot) const {
    const int8_t* code = store_.code(slot);
    for (size_t i = 0; i < store_.layout().code_bytes; i += 64) __builtin_prefetch(code + i);
  }

  const NodeStore& store_;
  const DistanceKernels& kernels_ = BestKernels();
  Kind kind_ = Kind::kBytes;
  const int8_t* code_ = nullptr;
  const float* floats_ = nullptr;
  float base_ = 0;
  float scale_ = 0;
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

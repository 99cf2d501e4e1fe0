#include "index/vector/row_scan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "index/vector/code_scorer.h"

namespace rem {

namespace {

constexpr size_t kBatch = kScoreBatch;
constexpr size_t kSample = 512;
/// The coarse look leaves about a tenth of the nodes, or ten times what the beam holds, where that spares something.
constexpr size_t kCoarseShare = 10;
constexpr size_t kLeastSpared = 4;
constexpr size_t kSignPlane = kQueryPlanes - 1;

/// A rotated vector of length 1 has an inner product of about 0.8 with its signs, and what the signs leave out is
/// spread evenly over all directions. In units of the query's length times a node's factor for bits, that is:
constexpr float kErrorOfBits = 0.6f;
/// The signs of the query leave out as much again.
constexpr float kErrorOfSigns = kErrorOfBits * 1.4142136f;
constexpr float kDeviations = 3;

#if defined(__x86_64__)
__attribute__((target("popcnt"))) void CountWithPopcnt(const uint64_t* bits, const uint64_t* const* others,
                                                       size_t count, size_t words, uint32_t* out) {
  for (size_t i = 0; i < count; ++i) {
    uint64_t differing = 0;
    for (size_t word = 0; word < words; ++word)
      differing += static_cast<uint64_t>(__builtin_popcountll(bits[word] ^ others[i][word]));
    out[i] = static_cast<uint32_t>(differing);
  }
}
#endif

/// distance = base + add + bits_factor * (offset + scale * differing bits), as from the planes, with every element of
/// the query replaced by its sign times the mean magnitude.
struct SignQuery {
  const uint64_t* signs;
  float base, offset, scale;
};

SignQuery SignsOf(const EncodedQuery& query, size_t words) {
  // The planes hold levels 0 to 15, which stand for the odd numbers 2 * level - 15; the highest is the sign.
  const uint64_t* planes = query.planes.data();
  const uint64_t* signs = planes + kSignPlane * words;
  int64_t magnitudes = 0;
  for (size_t word = 0; word < words; ++word) {
    magnitudes += std::popcount(signs[word]) + 15 * std::popcount(~signs[word]);
    for (size_t plane = 0; plane < kSignPlane; ++plane) {
      const uint64_t bits = planes[plane * words + word];
      magnitudes += (int64_t{2} << plane) * (std::popcount(bits & signs[word]) - std::popcount(bits & ~signs[word]));
    }
  }
  const float elements = static_cast<float>(64 * words);
  const float unit = -query.bits_scale / 2;
  const float mean = unit * static_cast<float>(magnitudes) / elements;
  return {signs, query.base, mean * elements, -2 * mean};
}

class SignScorer {
 public:
  SignScorer(const NodeStore& store, const EncodedQuery& query)
      : store_(store), words_(store.layout().bit_words), query_(SignsOf(query, words_)) {}

  void Score(const Slot* slots, size_t count, float* out) const {
    const uint64_t* bits[kBatch];
    uint32_t differing[kBatch];
    for (size_t i = 0; i < count; ++i) bits[i] = store_.bits(slots[i]);
    CountDifferingBits(query_.signs, bits, count, words_, differing);
    for (size_t i = 0; i < count; ++i) {
      const NodeHeader& header = store_.header(slots[i]);
      const float dot = query_.offset + query_.scale * static_cast<float>(differing[i]);
      out[i] = query_.base + header.add + header.bits_factor * dot;
    }
  }

 private:
  const NodeStore& store_;
  const size_t words_;
  const SignQuery query_;
};

float LengthOf(const EncodedQuery& query) {
  const int32_t squared = BestKernels().dot_int8(query.code.data(), query.code.data(), query.code.size());
  return query.code_scale * std::sqrt(static_cast<float>(squared));
}

/// Estimates of many nodes, and the least that their distances may be.
struct Estimates {
  std::vector<float> distances, least;
};

template <typename Scorer>
void Estimate(const NodeStore& store, const Scorer& scorer, float error, const std::vector<Slot>& slots,
              Estimates& out) {
  out.distances.resize(slots.size());
  out.least.resize(slots.size());
  for (size_t at = 0; at < slots.size(); at += kBatch) {
    const size_t batch = std::min(kBatch, slots.size() - at);
    for (size_t i = at + batch; i < std::min(slots.size(), at + 2 * kBatch); ++i) store.PrefetchBits(slots[i]);
    scorer.Score(&slots[at], batch, &out.distances[at]);
    for (size_t i = at; i < at + batch; ++i)
      out.least[i] = out.distances[i] - error * std::abs(store.header(slots[i]).bits_factor);
  }
}

/// About the `kept`-th smallest, guessed from some that are evenly spread: rows that came together are often alike.
float GuessQuantile(const std::vector<float>& values, size_t kept) {
  std::vector<float> sample(kSample);
  const size_t stride = values.size() / kSample;
  for (size_t i = 0; i < kSample; ++i) sample[i] = values[i * stride];
  const auto at = sample.begin() + static_cast<ptrdiff_t>(kSample * kept / values.size());
  std::nth_element(sample.begin(), at, sample.end());
  return *at;
}

}  // namespace

void CountDifferingBitsScalar(const uint64_t* bits, const uint64_t* const* others, size_t count, size_t words,
                              uint32_t* out) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t differing = 0;
    for (size_t word = 0; word < words; ++word)
      differing += static_cast<uint32_t>(std::popcount(bits[word] ^ others[i][word]));
    out[i] = differing;
  }
}

void CountDifferingBits(const uint64_t* bits, const uint64_t* const* others, size_t count, size_t words,
                        uint32_t* out) {
#if defined(__x86_64__)
  static const bool popcnt = __builtin_cpu_supports("popcnt");
  if (popcnt) return CountWithPopcnt(bits, others, count, words, out);
#endif
  CountDifferingBitsScalar(bits, others, count, words, out);
}

void KeepLikelyNearest(const NodeStore& store, size_t ef, size_t limit, SearchScratch& scratch) {
  thread_local Estimates rough, fine;
  thread_local std::vector<Slot> near, doubtful;
  std::vector<Slot>& slots = scratch.slots;
  const float length = kDeviations * LengthOf(scratch.query);
  const BitScorer bits(store, scratch.query);
  const size_t kept = std::max(kCoarseShare * ef, slots.size() / kCoarseShare);
  const bool coarse = slots.size() >= kLeastSpared * kept && slots.size() >= 2 * kSample;
  if (coarse) {
    Estimate(store, SignScorer(store, scratch.query), length * kErrorOfSigns, slots, rough);
    const float bound = GuessQuantile(rough.distances, kept);
    near.clear();
    for (size_t i = 0; i < slots.size(); ++i) {
      if (rough.distances[i] <= bound) near.push_back(slots[i]);
    }
    Estimate(store, bits, length * kErrorOfBits, near, fine);
  } else {
    near = slots;
    Estimate(store, bits, length * kErrorOfBits, near, fine);
  }
  scratch.results.Reset(ef);
  for (size_t i = 0; i < near.size(); ++i) scratch.results.Offer(fine.distances[i], near[i]);

  // The limit-th nearest of these by their bytes is what others would have to be nearer than.
  scratch.gathered.clear();
  for (size_t i = 0; i < scratch.results.size(); ++i) scratch.gathered.push_back(scratch.results[i].slot);
  float bound = std::numeric_limits<float>::infinity();
  if (scratch.gathered.size() >= limit) {
    scratch.distances.resize(scratch.gathered.size());
    ByteScorer(store, scratch.query).Score(scratch.gathered.data(), scratch.gathered.size(), scratch.distances.data());
    const auto at = scratch.distances.begin() + static_cast<ptrdiff_t>(limit - 1);
    std::nth_element(scratch.distances.begin(), at, scratch.distances.end());
    bound = *at;
  }
  scratch.visited.Reset(store.size());
  for (const Slot slot : scratch.gathered) scratch.visited.TestAndSet(slot);
  if (coarse) {
    doubtful.clear();
    for (size_t i = 0; i < slots.size(); ++i) {
      if (rough.least[i] < bound && !scratch.visited.TestAndSet(slots[i])) doubtful.push_back(slots[i]);
    }
    Estimate(store, bits, length * kErrorOfBits, doubtful, fine);
    near.swap(doubtful);
  } else {
    doubtful.clear();
  }
  for (size_t i = 0; i < near.size(); ++i) {
    const bool chosen = !coarse && scratch.visited.TestAndSet(near[i]);
    if (fine.least[i] < bound && !chosen) scratch.gathered.push_back(near[i]);
  }
  slots.swap(scratch.gathered);
}

}  // namespace rem

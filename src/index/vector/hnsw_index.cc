#include "index/vector/hnsw_index.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/random.h"
#include "index/vector/code_scorer.h"
#include "index/vector/hnsw_traversal.h"
#include "index/vector/row_scan.h"

namespace rem {

namespace {

constexpr size_t kSpareForRemoved = 8;

void CheckRange(const char* name, size_t value, size_t least, size_t most) {
  if (value >= least && value <= most) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("value {} out of bounds for option \"{}\"", value, name),
              fmt::format("valid values are between {} and {}", least, most));
}

NodeStore::Layout LayoutOf(const HnswOptions& options, const VectorEncoder& encoder) {
  NodeStore::Layout layout;
  layout.bit_words = options.traversal == Traversal::kBits ? static_cast<uint32_t>(encoder.bit_words()) : 0;
  layout.code_bytes = static_cast<uint32_t>(encoder.code_bytes());
  layout.links = 2 * options.m;
  layout.upper_links = options.m;
  return layout;
}

constexpr size_t kDimensionForBits = 256;

HnswOptions Checked(HnswOptions options) {
  CheckRange("dimension", options.dimension, 1, HnswOptions::kMaxDimension);
  CheckRange("m", options.m, 2, 100);
  CheckRange("ef_construction", options.ef_construction, 4, 1000);
  if (options.traversal == Traversal::kAuto) {
    options.traversal = options.dimension >= kDimensionForBits ? Traversal::kBits : Traversal::kBytes;
  }
  return options;
}

}  // namespace

HnswIndex::HnswIndex(const HnswOptions& options)
    : options_(Checked(options)),
      encoder_(options.dimension, options.metric, options.centre),
      store_(LayoutOf(options_, encoder_)),
      random_state_(options.seed) {}

HnswIndex::~HnswIndex() = default;

size_t HnswIndex::memory_bytes() const {
  // Each thread that searches keeps two bytes a node to know where it has been; counted once.
  return store_.memory_bytes() + rows_.memory_bytes() + 2 * store_.size();
}

HnswIndex::Entry HnswIndex::LoadEntry() const {
  const uint64_t word = entry_.load(std::memory_order_acquire);
  if (word == 0) return {};
  return {static_cast<Slot>(word & 0xffffffff) - 1, static_cast<uint32_t>(word >> 32)};
}

void HnswIndex::RaiseEntry(Slot slot, uint32_t level) {
  std::lock_guard lock(state_mutex_);
  const Entry entry = LoadEntry();
  if (entry.slot != kNoSlot && entry.level >= level) return;
  entry_.store(uint64_t{level} << 32 | (slot + 1), std::memory_order_release);
}

Slot HnswIndex::TakeSlot() {
  uint32_t level = 0;
  {
    std::lock_guard lock(state_mutex_);
    if (!free_.empty() && gate_.Passed(free_.front().epoch)) {
      const Slot slot = free_.front().slot;
      free_.pop_front();
      return slot;
    }
    // Levels fall off exponentially: each has 1 / m of the nodes of the one below.
    Random random(random_state_);
    random_state_ = random.Next();
    const double uniform = 1.0 - random.Uniform();
    level = std::min(static_cast<uint32_t>(-std::log(uniform) / std::log(double{1} * options_.m)), kMaxLevel);
  }
  if (options_.memory_limit != 0 && memory_bytes() >= options_.memory_limit) {
    throw Error(ErrorCode::kLimitExceeded,
                fmt::format("the vector index has reached its {} bytes", options_.memory_limit),
                "give vector indexes more memory");
  }
  return store_.Append(level);
}

void HnswIndex::WriteNode(Slot slot, uint64_t row, const EncodedVector& encoded) {
  NodeHeader& header = store_.header(slot);
  header.bits_factor = encoded.factors.bits;
  header.code_factor = encoded.factors.code;
  header.add = encoded.factors.add;
  std::copy(encoded.code.begin(), encoded.code.end(), store_.code(slot));
  std::copy_n(encoded.bits.begin(), store_.layout().bit_words, store_.bits(slot));
  store_.row(slot).store(row, std::memory_order_release);
  header.state.fetch_and(~kDeletedNode, std::memory_order_release);
}

std::vector<HnswCandidate> HnswIndex::Search(const HnswQuery& query, HnswCounts* counts) const {
  if (query.limit == 0) return {};
  ReadGate::Pass pass(gate_);
  ScratchPool::Lease lease(scratch_);
  SearchScratch& scratch = *lease;
  scratch.scored = scratch.expanded = 0;
  const Entry entry = LoadEntry();
  if (entry.slot == kNoSlot) return {};
  encoder_.EncodeQuery(query.vector, scratch.query);
  // Removed nodes take places in the beam that the caller meant for rows.
  const size_t asked = std::min({std::max(query.ef, query.limit), kMaxEf, size_t{store_.size()}});
  const size_t gone = removed();
  const size_t ef = std::min(asked + std::min(gone, asked * gone / (size() + 1) + kSpareForRemoved), 2 * kMaxEf);
  scratch.slots.clear();
  const auto walk = [&](const auto& scorer) {
    const Entry near = Descend(scorer, entry, 0, scratch);
    SearchLevel(scorer, near.slot, 0, ef, scratch);
  };
  if (options_.traversal == Traversal::kBits) {
    walk(BitScorer(store_, scratch.query));
  } else {
    walk(ByteScorer(store_, scratch.query));
  }
  for (size_t i = 0; i < scratch.beam.size(); ++i) {
    const Slot slot = scratch.beam[i].slot;
    if (!store_.deleted(slot)) scratch.slots.push_back(slot);
  }
  std::vector<HnswCandidate> found = Ranked(query, scratch);
  if (counts != nullptr) *counts = {scratch.scored, scratch.expanded};
  return found;
}

std::vector<HnswCandidate> HnswIndex::Ranked(const HnswQuery& query, SearchScratch& scratch) const {
  const std::vector<Slot>& slots = scratch.slots;
  scratch.distances.resize(slots.size());
  ByteScorer(store_, scratch.query).Score(slots.data(), slots.size(), scratch.distances.data());
  scratch.scored += slots.size();
  scratch.candidates.clear();
  for (size_t i = 0; i < slots.size(); ++i) scratch.candidates.push_back({scratch.distances[i], slots[i]});
  const size_t kept = std::min(query.limit, slots.size());
  std::partial_sort(scratch.candidates.begin(), scratch.candidates.begin() + static_cast<ptrdiff_t>(kept),
                    scratch.candidates.end(),
                    [](const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; });
  std::vector<HnswCandidate> found;
  found.reserve(kept);
  for (size_t i = 0; i < kept; ++i) {
    const Neighbour& candidate = scratch.candidates[i];
    const uint64_t row = store_.row(candidate.slot).load(std::memory_order_acquire);
    // A row that is getting another vector has two nodes for a moment.
    if (rows_.Find(row) == candidate.slot) found.push_back({row, candidate.distance});
  }
  return found;
}

std::vector<HnswCandidate> HnswIndex::SearchRows(const HnswQuery& query, std::span<const uint64_t> rows,
                                                 HnswCounts* counts) const {
  if (query.limit == 0) return {};
  ReadGate::Pass pass(gate_);
  ScratchPool::Lease lease(scratch_);
  SearchScratch& scratch = *lease;
  scratch.scored = scratch.expanded = 0;
  encoder_.EncodeQuery(query.vector, scratch.query);
  scratch.slots.clear();
  for (const uint64_t row : rows) {
    if (const Slot slot = rows_.Find(row); slot != kNoSlot) scratch.slots.push_back(slot);
  }
  const size_t ef = std::max(query.ef, query.limit);
  if (options_.traversal == Traversal::kBits && scratch.slots.size() > 2 * ef) {
    scratch.scored += scratch.slots.size();
    KeepLikelyNearest(store_, ef, query.limit, scratch);
  }
  std::vector<HnswCandidate> found = Ranked(query, scratch);
  if (counts != nullptr) *counts = {scratch.scored, scratch.expanded};
  return found;
}

}  // namespace rem

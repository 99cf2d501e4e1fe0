#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "index/vector/node_store.h"
#include "index/vector/read_gate.h"
#include "index/vector/row_slots.h"
#include "index/vector/search_scratch.h"
#include "index/vector/vector_encoder.h"

namespace rem {

/// Which code a search walks the graph by. The result is always ordered by the byte codes. Bits are several times as
/// fast to read, and say enough from some hundred dimensions on: kAuto takes them from 256.
enum class Traversal : uint8_t {
  kBytes = 0,
  kBits = 1,
  kAuto = 2,
};

struct HnswOptions {
  size_t dimension = 0;  ///< 1 to kMaxDimension
  VectorMetric metric = VectorMetric::kCosine;
  uint32_t m = 16;                 ///< links of a node a level, twice as many on level 0; 2 to 100
  uint32_t ef_construction = 200;  ///< beam width of an insert; 4 to 1000
  Traversal traversal = Traversal::kAuto;
  /// Mean of (a sample of) the vectors, normalised for kCosine; empty for none. Makes the codes more exact.
  std::vector<float> centre;
  uint64_t seed = 1;
  /// Bytes after which Insert refuses with Error(kLimitExceeded); 0 for no limit.
  size_t memory_limit = 0;

  static constexpr size_t kMaxDimension = 16384;
};

struct HnswQuery {
  std::span<const float> vector;
  size_t limit = 10;  ///< candidates wanted
  size_t ef = 64;     ///< beam width; at least `limit` is taken
};

struct HnswCandidate {
  uint64_t row = 0;
  float distance = 0;  ///< estimated from the byte code, see VectorEncoder
};

struct HnswCounts {
  size_t scored = 0;    ///< distances computed
  size_t expanded = 0;  ///< nodes whose links were followed
};

/// A graph over vectors in which the nearest to a query are found without looking at all of them: Hierarchical
/// Navigable Small World (Malkov & Yashunin, 2016). It keeps codes, not vectors: what it returns are candidates, to be
/// ranked by the stored vectors.
///
/// Thread-safe. Searches take no lock and never wait for a writer; inserts run side by side. Vectors are finite and
/// have the options' dimension: the caller checks.
class HnswIndex {
 public:
  static constexpr size_t kMaxEf = 100000;

  /// Error(kInvalidArgument) for options outside their range.
  explicit HnswIndex(const HnswOptions& options);
  ~HnswIndex();

  /// Adds the row, or gives it another vector. False when the vector has no code, and the row is not here then: it has
  /// no direction under kCosine, its length overflows, or its row id is too large. Error(kLimitExceeded).
  bool Insert(uint64_t row, std::span<const float> vector);
  /// False when the row is not here. Its node keeps carrying searches until the next Repair.
  bool Remove(uint64_t row);
  bool Contains(uint64_t row) const { return rows_.Find(row) != kNoSlot; }

  /// Rows that can be found.
  size_t size() const { return live_.load(std::memory_order_relaxed); }
  /// Nodes of removed rows that still lie in the graph.
  size_t removed() const { return removed_.load(std::memory_order_relaxed); }
  size_t memory_bytes() const;
  const HnswOptions& options() const { return options_; }

  /// Candidates in order of distance, at most query.limit. Fewer than asked for only when the graph leads to no more.
  std::vector<HnswCandidate> Search(const HnswQuery& query, HnswCounts* counts = nullptr) const;

  /// The same among `rows` (ascending) only, by looking at the codes of all of them: at most query.limit of those that
  /// are here.
  std::vector<HnswCandidate> SearchRows(const HnswQuery& query, std::span<const uint64_t> rows,
                                        HnswCounts* counts = nullptr) const;

  /// Links the neighbours of removed nodes to each other (after FreshDiskANN; Singh et al. 2021) and makes the memory
  /// of removed nodes free for inserts. Inserts wait meanwhile, searches do not.
  void Repair();
  /// Overwrites the codes of removed rows that Repair has freed. False when a search may still be reading some: then it
  /// is to be called again.
  bool Scrub();

 private:
  friend class HnswFile;

  struct Entry {
    Slot slot = kNoSlot;
    uint32_t level = 0;
  };
  static constexpr uint64_t kFreedRow = UINT64_MAX;
  static constexpr uint32_t kMaxLevel = 24;
  struct FreedSlot {
    Slot slot;
    uint64_t epoch;
    bool scrubbed = false;
  };

  Entry LoadEntry() const;
  void RaiseEntry(Slot slot, uint32_t level);
  Slot TakeSlot();
  void WriteNode(Slot slot, uint64_t row, const EncodedVector& encoded);
  void Link(Slot slot, SearchScratch& scratch);
  void LinkBack(Slot from, Slot to, uint32_t level, SearchScratch& scratch);
  void RemoveLocked(uint64_t row);
  void RepairNode(Slot slot, uint32_t level, SearchScratch& scratch);
  /// Keeps of the sorted `candidates` for `origin` those that no kept one is nearer to (the paper's algorithm 4).
  void SelectNeighbours(Slot origin, std::vector<Neighbour>& candidates, uint32_t limit) const;
  std::mutex& LinkLock(Slot slot) const { return link_locks_[slot % link_locks_.size()]; }
  std::vector<HnswCandidate> Ranked(const HnswQuery& query, SearchScratch& scratch) const;

  template <typename Scorer>
  Entry Descend(const Scorer& scorer, Entry entry, uint32_t to_level, SearchScratch& scratch) const;
  template <typename Scorer>
  void SearchLevel(const Scorer& scorer, Slot entry, uint32_t level, size_t width, SearchScratch& scratch) const;

  const HnswOptions options_;
  const VectorEncoder encoder_;
  NodeStore store_;
  RowSlots rows_;
  std::atomic<uint64_t> entry_{0};  // the level in the upper half, the slot plus one in the lower
  std::atomic<size_t> live_{0};
  std::atomic<size_t> removed_{0};

  mutable ReadGate gate_;
  mutable ScratchPool scratch_;
  std::shared_mutex changing_;  // inserts and removals share it, Repair takes it alone
  std::mutex state_mutex_;      // the entry point, the free slots, the random levels
  mutable std::array<std::mutex, 1024> link_locks_;
  std::array<std::mutex, 64> row_locks_;
  std::deque<FreedSlot> free_;
  uint64_t random_state_;
};

}  // namespace rem

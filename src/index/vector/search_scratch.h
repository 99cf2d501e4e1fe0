#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "index/vector/beam.h"
#include "index/vector/vector_encoder.h"

namespace rem {

/// Which nodes a search has seen. Starting over costs nothing: marks of other searches have another number.
class VisitedSet {
 public:
  /// Nodes from `capacity` on count as seen: they came after the search began.
  void Reset(size_t capacity) {
    if (marks_.size() < capacity) marks_.resize(capacity + capacity / 4, 0);
    if (++mark_ == 0) {
      std::fill(marks_.begin(), marks_.end(), uint16_t{0});
      mark_ = 1;
    }
  }
  bool TestAndSet(Slot slot) {
    if (slot >= marks_.size() || marks_[slot] == mark_) return true;
    marks_[slot] = mark_;
    return false;
  }
  void Prefetch(Slot slot) const { __builtin_prefetch(marks_.data() + slot); }

 private:
  std::vector<uint16_t> marks_;
  uint16_t mark_ = 0;
};

/// What one search or insert works with; kept between them.
struct SearchScratch {
  EncodedQuery query;
  VisitedSet visited;
  Beam beam;
  Beam results;
  std::vector<Slot> gathered;
  std::vector<float> distances;
  std::vector<Neighbour> candidates;
  std::vector<Slot> slots;
  size_t scored = 0;
  size_t expanded = 0;
};

class ScratchPool {
 public:
  class Lease {
   public:
    explicit Lease(ScratchPool& pool) : pool_(pool), scratch_(pool.Take()) {}
    ~Lease() { pool_.Return(std::move(scratch_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    SearchScratch& operator*() { return *scratch_; }

   private:
    ScratchPool& pool_;
    std::unique_ptr<SearchScratch> scratch_;
  };

 private:
  std::unique_ptr<SearchScratch> Take() {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<SearchScratch>();
    std::unique_ptr<SearchScratch> scratch = std::move(free_.back());
    free_.pop_back();
    return scratch;
  }
  void Return(std::unique_ptr<SearchScratch> scratch) {
    std::lock_guard lock(mutex_);
    free_.push_back(std::move(scratch));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<SearchScratch>> free_;
};

}  // namespace rem

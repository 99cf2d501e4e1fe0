#include "store/cached_index_iterator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "storage/family.h"
#include "storage/key_codec.h"

namespace rem {

namespace {

/// Entries that are copied at a time: few at first, since most readers want few.
constexpr size_t kFirstKeys = 16;
constexpr size_t kMostKeys = 256;
/// Entries that are read ahead of what was asked for, where the cache has room.
constexpr size_t kKeysAhead = 64;
/// A lookup that finds no more has found one value's few entries.
constexpr size_t kFewKeys = 4;
/// A reader that got so many pieces from the engine reads so much that the cache is not for it.
constexpr size_t kMostReads = 16;

class CachedIndexIterator final : public EngineIterator {
 public:
  CachedIndexIterator(const Engine& engine, IndexCache& cache, std::shared_ptr<IndexRuns> runs, uint64_t as_of,
                      ScanOptions options)
      : engine_(engine), cache_(cache), runs_(std::move(runs)), as_of_(as_of), options_(std::move(options)) {}

  bool Valid() const override { return at_ < keys_.size(); }
  std::string_view key() const override { return keys_[at_]; }
  std::string_view value() const override { return {}; }

  void SeekToFirst() override {
    edge_ = options_.lower;
    LoadForward();
  }
  void Next() override {
    if (++at_ == keys_.size()) LoadForward();
  }
  void SeekToLast() override {
    edge_ = options_.upper;
    LoadBackward();
  }
  void Prev() override {
    if (at_-- == 0) LoadBackward();
  }
  void Seek(std::string_view) override { REM_CHECK(false); }
  void SeekForPrev(std::string_view) override { REM_CHECK(false); }

 private:
  void StartLoad() {
    keys_.Clear();
    at_ = 0;
    limit_ = std::min(limit_ * 4, kMostKeys);
  }
  bool UsesCache() const { return reads_ < kMostReads; }

  void LoadForward() {
    StartLoad();
    while (keys_.empty() && edge_ < options_.upper) {
      IndexRuns::Gap gap;
      if (!UsesCache()) {
        gap.bound = options_.upper;
      } else if (runs_->FindForward(edge_, options_.upper, as_of_, limit_, keys_, next_, gap)) {
        edge_.swap(next_);
        continue;
      }
      ReadForward(gap);
    }
  }

  // Of one value, or of one beginning of values.
  bool IsLookup() const { return options_.upper == PrefixEnd(options_.lower); }

  // Ordered reads and ranges go on to what comes next, or will be asked for with other bounds nearby. Lookups of one
  // value may well never come back to its neighbours.
  bool ReadsAhead(const IndexRuns::Gap& gap) {
    return gap.vacant && cache_.HasRoom() && (!IsLookup() || runs_->LookupReadsAhead());
  }

  // A run of its own for every value that is looked up takes ten times the memory of the entry, and is in the way of
  // reading ahead.
  bool IsKept() {
    return reads_ > 1 || keys_.size() > kFewKeys || !IsLookup() || runs_->IsLookedUpAgain(options_.lower);
  }

  // Reads from edge_ on, which becomes the place up to which the engine was asked.
  void ReadForward(const IndexRuns::Gap& gap) {
    const bool ahead = ReadsAhead(gap);
    const std::string& bound = ahead ? gap.bound : std::min(gap.bound, options_.upper);
    Open(edge_, bound, false);
    const size_t count = ahead ? std::max(limit_, kKeysAhead) : limit_;
    for (; keys_.size() < count && engine_iterator_->Valid(); engine_iterator_->Next())
      keys_.Append(engine_iterator_->key());
    next_ = engine_iterator_->Valid() ? engine_iterator_->key() : bound;
    if (gap.vacant && (ahead || IsKept()))
      runs_->Put(edge_, next_, keys_, as_of_, ahead ? std::optional(size_t{0}) : std::nullopt);
    if (ahead) keys_.Truncate(keys_.LowerBound(options_.upper));
    engine_near_ = next_;
    edge_.swap(next_);
  }

  void LoadBackward() {
    StartLoad();
    while (keys_.empty() && edge_ > options_.lower) {
      IndexRuns::Gap gap;
      if (!UsesCache()) {
        gap.bound = options_.lower;
      } else if (runs_->FindBackward(options_.lower, edge_, as_of_, limit_, keys_, next_, gap)) {
        edge_.swap(next_);
        continue;
      }
      ReadBackward(gap);
    }
    at_ = keys_.size() - 1;  // SIZE_MAX where there are none: not valid.
  }

  void ReadBackward(const IndexRuns::Gap& gap) {
    const bool ahead = ReadsAhead(gap);
    const std::string& bound = ahead ? gap.bound : std::max(gap.bound, options_.lower);
    Open(bound, edge_, true);
    const size_t count = ahead ? std::max(limit_, kKeysAhead) : limit_;
    for (; keys_.size() < count && engine_iterator_->Valid(); engine_iterator_->Prev())
      keys_.Append(engine_iterator_->key());
    next_ = engine_iterator_->Valid() ? keys_[keys_.size() - 1] : std::string_view(bound);
    keys_.Reverse();
    if (gap.vacant && (ahead || IsKept()))
      runs_->Put(next_, edge_, keys_, as_of_, ahead && !keys_.empty() ? std::optional(keys_.size() - 1) : std::nullopt);
    if (ahead) DropBelowLower();
    engine_near_ = next_;
    edge_.swap(next_);
  }

  void DropBelowLower() {
    const size_t first = keys_.LowerBound(options_.lower);
    if (first == 0) return;
    IndexKeys kept;
    kept.Append(keys_, first, keys_.size());
    keys_ = std::move(kept);
  }

  // The engine's entries between two keys, at their near end. A piece that goes on where the last one ended needs no
  // new iterator.
  void Open(const std::string& lower, const std::string& upper, bool backward) {
    ++reads_;
    const std::string& near = backward ? upper : lower;
    const std::string& far = backward ? lower : upper;
    if (engine_iterator_ != nullptr && near == engine_near_ && far == engine_far_) return;
    ScanOptions bounds = options_;
    bounds.lower = lower;
    bounds.upper = upper;
    engine_iterator_ = engine_.Scan(Family::kIndex, std::move(bounds));
    if (backward) {
      engine_iterator_->SeekToLast();
    } else {
      engine_iterator_->SeekToFirst();
    }
    engine_far_ = far;
  }

  const Engine& engine_;
  IndexCache& cache_;
  const std::shared_ptr<IndexRuns> runs_;
  const uint64_t as_of_;
  const ScanOptions options_;
  IndexKeys keys_;
  size_t at_ = 0;
  size_t limit_ = kFirstKeys / 4;
  size_t reads_ = 0;
  std::string edge_;  ///< Up to here entries were taken.
  std::string next_;
  std::unique_ptr<EngineIterator> engine_iterator_;
  std::string engine_near_;  ///< Where the engine's iterator stands.
  std::string engine_far_;
};

}  // namespace

std::unique_ptr<EngineIterator> NewCachedIndexIterator(const Engine& engine, IndexCache& cache,
                                                       std::shared_ptr<IndexRuns> runs, uint64_t as_of,
                                                       ScanOptions options) {
  return std::make_unique<CachedIndexIterator>(engine, cache, std::move(runs), as_of, std::move(options));
}

}  // namespace rem

#include "store/index_cache.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "base/bytes.h"
#include "storage/key_codec.h"

namespace rem {

size_t IndexKeys::LowerBound(std::string_view key) const {
  size_t begin = 0, end = size();
  while (begin < end) {
    const size_t middle = (begin + end) / 2;
    if ((*this)[middle] < key) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

void IndexKeys::Append(std::string_view key) {
  bytes_.append(key);
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
}

void IndexKeys::Append(const IndexKeys& from, size_t begin, size_t end) {
  if (begin == end) return;
  const size_t first = begin == 0 ? 0 : from.ends_[begin - 1];
  const size_t shift = bytes_.size() - first;  // Of unsigned numbers, so it may well be negative.
  bytes_.append(from.bytes_, first, from.ends_[end - 1] - first);
  for (size_t i = begin; i < end; ++i) ends_.push_back(static_cast<uint32_t>(from.ends_[i] + shift));
}

void IndexKeys::Insert(size_t at, std::string_view key) {
  const uint32_t begin = at == 0 ? 0 : ends_[at - 1];
  bytes_.insert(begin, key);
  ends_.insert(ends_.begin() + static_cast<ptrdiff_t>(at), begin);
  for (size_t i = at; i < ends_.size(); ++i) ends_[i] += static_cast<uint32_t>(key.size());
}

void IndexKeys::Erase(size_t at) {
  const uint32_t begin = at == 0 ? 0 : ends_[at - 1];
  const uint32_t bytes = ends_[at] - begin;
  bytes_.erase(begin, bytes);
  ends_.erase(ends_.begin() + static_cast<ptrdiff_t>(at));
  for (size_t i = at; i < ends_.size(); ++i) ends_[i] -= bytes;
}

void IndexKeys::Truncate(size_t size) {
  ends_.resize(size);
  bytes_.resize(size == 0 ? 0 : ends_.back());
}

void IndexKeys::Reverse() {
  IndexKeys reversed;
  reversed.Reserve(*this);
  for (size_t i = size(); i-- > 0;) reversed.Append((*this)[i]);
  *this = std::move(reversed);
}

void IndexKeys::Reserve(const IndexKeys& like) {
  bytes_.reserve(like.bytes_.size());
  ends_.reserve(like.ends_.size());
}

IndexRuns::IndexRuns(IndexCache& cache, TenantId tenant, IndexId index, uint64_t floor)
    : cache_(cache), begin_(IndexPrefix(tenant, index)), end_(PrefixEnd(begin_)), forgotten_(floor) {}

IndexRuns::Runs::const_iterator IndexRuns::RunOf(std::string_view key) const {
  auto run = runs_.upper_bound(key);
  if (run == runs_.begin()) return runs_.end();
  --run;
  return key < run->second.upper ? run : runs_.end();
}

bool IndexRuns::FindForward(std::string_view from, std::string_view upper, uint64_t as_of, size_t limit,
                            IndexKeys& keys, std::string& next, Gap& gap) const {
  const std::shared_lock lock(mutex_);
  const auto after = runs_.upper_bound(from);
  const auto run = after == runs_.begin() ? runs_.end() : std::prev(after);
  if (run == runs_.end() || run->second.upper <= from) {
    gap = {after == runs_.end() ? end_ : after->first, !detached_};
    return false;
  }
  if (run->second.stamp > as_of) {
    gap = {run->second.upper, false};
    return false;
  }
  const IndexKeys& held = run->second.keys;
  const size_t begin = held.LowerBound(from);
  NoteUse(run->second, begin);
  size_t end = begin;
  while (end < held.size() && end - begin < limit && held[end] < upper) ++end;
  keys.Append(held, begin, end);
  if (end < held.size()) {
    next = held[end];
  } else {
    next = std::min<std::string_view>(run->second.upper, upper);
  }
  return true;
}

bool IndexRuns::FindBackward(std::string_view lower, std::string_view to, uint64_t as_of, size_t limit, IndexKeys& keys,
                             std::string& next, Gap& gap) const {
  const std::shared_lock lock(mutex_);
  // The run that holds what comes just before `to` begins below it.
  const auto after = runs_.lower_bound(to);
  const auto run = after == runs_.begin() ? runs_.end() : std::prev(after);
  if (run == runs_.end() || run->second.upper < to) {
    gap = {run == runs_.end() ? begin_ : run->second.upper, !detached_};
    return false;
  }
  if (run->second.stamp > as_of) {
    gap = {run->first, false};
    return false;
  }
  const IndexKeys& held = run->second.keys;
  const size_t end = held.LowerBound(to);
  NoteUse(run->second, end - 1);
  size_t begin = end;
  while (begin > 0 && end - begin < limit && held[begin - 1] >= lower) --begin;
  keys.Append(held, begin, end);
  if (begin > 0 && held[begin - 1] >= lower) {
    next = held[begin];
  } else {
    next = std::max<std::string_view>(run->first, lower);
  }
  return true;
}

void IndexRuns::NoteUse(const Run& run, size_t entry) const {
  run.used.store(true, std::memory_order_relaxed);
  const uint32_t asked = run.asked.load(std::memory_order_relaxed);
  if (asked == kNotAhead || asked == entry || ahead_.load(std::memory_order_relaxed)) return;
  run.asked.store(static_cast<uint32_t>(entry), std::memory_order_relaxed);
  returns_.fetch_add(1, std::memory_order_relaxed);
}

bool IndexRuns::LookupReadsAhead() {
  if (ahead_.load(std::memory_order_relaxed)) return true;
  const uint32_t misses = misses_.fetch_add(1, std::memory_order_relaxed);
  // A sample costs about as much as its first two returns save. Those that half of the samples have had so far are
  // doubled by as many lookups again, which also begin with fewer misses.
  const uint32_t returns = returns_.load(std::memory_order_relaxed);
  if (returns >= kLeastReturns && returns >= misses / kSampled / 2) {
    ahead_.store(true, std::memory_order_relaxed);
    return true;
  }
  return misses % kSampled == 0;
}

bool IndexRuns::IsLookedUpAgain(std::string_view from) {
  const size_t hash = std::hash<std::string_view>()(from);
  const auto mark = static_cast<uint16_t>(hash >> 32 | 1);  // Never that of a place where nothing is.
  return recent_[hash % kRecentLookups].exchange(mark, std::memory_order_relaxed) == mark;
}

void IndexRuns::Put(std::string_view lower, std::string_view upper, const IndexKeys& keys, uint64_t as_of,
                    std::optional<size_t> ahead) {
  if (cache_.capacity_ == 0 || lower >= upper) return;
  {
    const std::lock_guard lock(mutex_);
    if (detached_ || forgotten_ > as_of) return;
    uint64_t stamp = forgotten_;
    for (const Write& write : writes_) {
      if (write.key < lower || write.key >= upper) continue;
      if (write.stamp > as_of) return;
      stamp = std::max(stamp, write.stamp);
    }
    // Another reader may have stored something there meanwhile.
    const auto after = runs_.lower_bound(lower);
    if (after != runs_.end() && after->first < upper) return;
    auto run = after == runs_.begin() ? runs_.end() : std::prev(after);
    if (run != runs_.end() && run->second.upper > lower) return;
    size_t before = 0;
    if (run != runs_.end() && run->second.upper == lower && run->second.keys.size() + keys.size() <= kMostKeys / 2) {
      before = run->second.keys.size();
      run->second.upper = upper;
      run->second.stamp = std::max(run->second.stamp, stamp);
    } else {
      run = runs_.try_emplace(std::string(lower)).first;
      run->second.upper = upper;
      run->second.stamp = stamp;
      run->second.keys.Reserve(keys);
    }
    run->second.used.store(true, std::memory_order_relaxed);
    if (ahead) run->second.asked.store(static_cast<uint32_t>(before + *ahead), std::memory_order_relaxed);
    run->second.keys.Append(keys, 0, keys.size());
    Count(run);
  }
  if (cache_.memory_bytes() > cache_.capacity_) cache_.MakeRoom();
}

void IndexRuns::Apply(Batch::Kind kind, std::string_view key, uint64_t stamp, bool patch) {
  const std::lock_guard lock(mutex_);
  Write& write = writes_[next_write_++ % kRemembered];
  forgotten_ = std::max(forgotten_, write.stamp);
  write.stamp = stamp;
  write.key = key;
  const auto found = RunOf(key);
  if (found == runs_.end()) return;
  const auto run = runs_.erase(found, found);  // The same place, which may be changed.
  if (!patch) return Erase(run);
  run->second.stamp = stamp;
  IndexKeys& keys = run->second.keys;
  const size_t at = keys.LowerBound(key);
  const bool there = at < keys.size() && keys[at] == key;
  if (kind == Batch::Kind::kPut && !there) keys.Insert(at, key);
  if (kind == Batch::Kind::kDelete && there) keys.Erase(at);
  Count(run);
  if (keys.size() > kMostKeys) Split(run);
}

void IndexRuns::Split(Runs::iterator run) {
  IndexKeys& keys = run->second.keys;
  const size_t half = keys.size() / 2;
  Run& second = runs_.try_emplace(std::string(keys[half])).first->second;
  second.upper = std::exchange(run->second.upper, std::string(keys[half]));
  second.stamp = run->second.stamp;
  second.used.store(true, std::memory_order_relaxed);
  second.keys.Append(keys, half, keys.size());
  IndexKeys first;
  first.Append(keys, 0, half);
  keys = std::move(first);
  Count(run);
  Count(std::next(run));
}

void IndexRuns::Count(Runs::iterator run) {
  const size_t bytes =
      kRunOverhead + run->first.capacity() + run->second.upper.capacity() + run->second.keys.memory_bytes();
  cache_.bytes_ += bytes - run->second.bytes;
  run->second.bytes = bytes;
}

void IndexRuns::Erase(Runs::iterator run) {
  cache_.bytes_ -= run->second.bytes;
  runs_.erase(run);
}

void IndexRuns::Detach() {
  const std::lock_guard lock(mutex_);
  detached_ = true;
  while (!runs_.empty()) Erase(runs_.begin());
}

void IndexRuns::Evict() {
  const std::lock_guard lock(mutex_);
  auto at = runs_.lower_bound(hand_);
  for (size_t left = runs_.size(); left > 0 && cache_.memory_bytes() > cache_.capacity_; --left) {
    if (at == runs_.end()) at = runs_.begin();
    const auto run = at++;
    if (!run->second.used.exchange(false, std::memory_order_relaxed)) Erase(run);
  }
  hand_ = at == runs_.end() ? std::string() : at->first;
}

std::shared_ptr<IndexRuns> IndexCache::Open(TenantId tenant, IndexId index) {
  if (capacity_ == 0) return nullptr;
  const Key key = uint64_t{tenant} << 32 | index;
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = indexes_.find(key); found != indexes_.end()) return found->second;
  }
  const std::lock_guard lock(mutex_);
  if (indexes_.size() >= kMaxIndexes) DropAll();
  auto& runs = indexes_[key];
  // The write that runs now either finds the index when it gets the lock, or has had it, after its stamp was set.
  if (runs == nullptr) runs = std::make_shared<IndexRuns>(*this, tenant, index, last_stamp_.load());
  return runs;
}

void IndexCache::Apply(const Batch& batch, uint64_t stamp) {
  if (capacity_ == 0) return;
  last_stamp_.store(stamp);
  {
    const std::shared_lock lock(mutex_);
    if (indexes_.empty()) return;
  }
  const bool patch = batch.operations().size() <= kMostPatched;
  bool ranges = false;
  {
    const std::shared_lock lock(mutex_);
    for (const Batch::Operation& op : batch.operations()) {
      if (op.family != Family::kIndex) continue;
      if (op.kind == Batch::Kind::kDeleteRange) {
        ranges = true;
        continue;
      }
      const std::string_view key = batch.key(op);
      if (const auto found = indexes_.find(LoadBig64(key.data())); found != indexes_.end())
        found->second->Apply(op.kind, key, stamp, patch);
    }
  }
  if (ranges) {
    // Of whole indexes and tenants, so all that a range meets is dropped.
    const std::lock_guard lock(mutex_);
    for (const Batch::Operation& op : batch.operations()) {
      if (op.family != Family::kIndex || op.kind != Batch::Kind::kDeleteRange) continue;
      std::erase_if(indexes_, [&](auto& entry) {
        IndexRuns& runs = *entry.second;
        if (runs.end_ <= batch.key(op) || runs.begin_ >= batch.value(op)) return false;
        runs.Detach();
        return true;
      });
    }
  }
  if (memory_bytes() > capacity_) MakeRoom();
}

void IndexCache::MakeRoom() {
  const std::shared_lock lock(mutex_);
  if (indexes_.empty()) return;
  auto at = std::next(indexes_.begin(), static_cast<ptrdiff_t>(turn_++ % indexes_.size()));
  // The first round takes the marks off, the second one finds something.
  for (size_t left = 2 * indexes_.size(); left > 0 && memory_bytes() > capacity_; --left) {
    at->second->Evict();
    if (++at == indexes_.end()) at = indexes_.begin();
  }
}

void IndexCache::Clear() {
  const std::lock_guard lock(mutex_);
  DropAll();
}

void IndexCache::DropAll() {
  for (const auto& entry : indexes_) entry.second->Detach();
  indexes_.clear();
}

}  // namespace rem

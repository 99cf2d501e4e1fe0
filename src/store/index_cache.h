#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fair_shared_mutex.h"
#include "storage/batch.h"
#include "storage/key_space.h"

namespace rem {

class IndexCache;

/// Whole keys of Family::kIndex, ascending, one after the other.
class IndexKeys {
 public:
  size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  std::string_view operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  /// The first key that is not less; size() when there is none.
  size_t LowerBound(std::string_view key) const;
  void Append(std::string_view key);
  void Append(const IndexKeys& from, size_t begin, size_t end);
  void Insert(size_t at, std::string_view key);
  void Erase(size_t at);
  void Truncate(size_t size);
  void Reverse();
  void Clear() { Truncate(0); }
  void Reserve(const IndexKeys& like);
  size_t memory_bytes() const { return bytes_.capacity() + ends_.capacity() * sizeof(uint32_t); }

 private:
  std::vector<uint32_t> ends_;
  std::string bytes_;
};

/// What is held of one index: runs, each of which has all entries between two keys.
///
/// Validity is that of the RowCache's blocks (see there), with a stamp for each run. A run that is stored must not miss
/// a write that came before it: the index remembers the newest written keys with their stamps, and the newest stamp of
/// all that it forgot. A run of a snapshot F is stored only where none of those has a stamp above F.as_of, among the
/// remembered ones only those between its bounds counting; its own stamp is the newest of these.
class IndexRuns {
 public:
  IndexRuns(IndexCache& cache, TenantId tenant, IndexId index, uint64_t floor);

  /// Why a key is not held.
  struct Gap {
    std::string bound;    ///< Up to here (backward: down to here) the engine has to be asked.
    bool vacant = false;  ///< No run is there, so what was read may be stored.
  };

  /// Appends at most `limit` entries from `from` on, below `upper`. False when there is no run for the reader;
  /// otherwise `next` is where the entries go on, perhaps `upper`.
  bool FindForward(std::string_view from, std::string_view upper, uint64_t as_of, size_t limit, IndexKeys& keys,
                   std::string& next, Gap& gap) const;
  /// Likewise the last entries before `to`, not below `lower`, ascending.
  bool FindBackward(std::string_view lower, std::string_view to, uint64_t as_of, size_t limit, IndexKeys& keys,
                    std::string& next, Gap& gap) const;
  /// Offers all entries between two keys, as a snapshot holds them.
  /// `ahead` says where, among the keys, the one is that was asked for, if the others were read ahead of a lookup.
  void Put(std::string_view lower, std::string_view upper, const IndexKeys& keys, uint64_t as_of,
           std::optional<size_t> ahead = std::nullopt);

  /// Whether a lookup of one value, which found nothing here, shall read the entries next to it as well. Some do, as a
  /// sample; once lookups have come back for enough of what those have read, all do. Random lookups over a large index
  /// hence pay for what they ask for, until they are so many that they will meet the neighbours.
  bool LookupReadsAhead();
  /// Whether a lookup from this key, which found nothing here, is one of an earlier one's: what was asked for twice is
  /// worth a run of its own. Remembers some thousand keys, by their hashes.
  bool IsLookedUpAgain(std::string_view from);

 private:
  friend class IndexCache;
  static constexpr uint32_t kNotAhead = UINT32_MAX;
  struct Run {
    std::string upper;
    IndexKeys keys;
    uint64_t stamp = 0;
    size_t bytes = 0;                        ///< As counted.
    mutable std::atomic<bool> used = false;  ///< Since the hand came by.
    /// Of a run that was read ahead: the entry that was asked for last.
    mutable std::atomic<uint32_t> asked = kNotAhead;
  };
  using Runs = std::map<std::string, Run, std::less<>>;  ///< By their lower bounds.
  struct Write {
    uint64_t stamp = 0;
    std::string key;
  };
  static constexpr size_t kRemembered = 64;
  static constexpr size_t kMostKeys = 256;  ///< Of a run; more are split.
  /// Of a map's node and two bounds.
  static constexpr size_t kRunOverhead = 300;
  /// One lookup of so many reads ahead as a sample.
  static constexpr uint32_t kSampled = 32;
  static constexpr size_t kRecentLookups = 2048;
  /// The least number of times that what was read ahead must have been asked for.
  static constexpr uint32_t kLeastReturns = 2;

  void Apply(Batch::Kind kind, std::string_view key, uint64_t stamp, bool patch);
  void NoteUse(const Run& run, size_t entry) const;
  void Detach();
  /// Evicts runs until the cache fits; goes once round at most.
  void Evict();
  Runs::const_iterator RunOf(std::string_view key) const;
  void Count(Runs::iterator run);
  void Erase(Runs::iterator run);
  void Split(Runs::iterator run);

  IndexCache& cache_;
  const std::string begin_;  ///< Of all keys of the index.
  const std::string end_;
  mutable FairSharedMutex mutex_;
  bool detached_ = false;
  Runs runs_;
  std::string hand_;
  std::atomic<uint32_t> misses_{0};           ///< Of lookups of one value, until these read ahead.
  mutable std::atomic<uint32_t> returns_{0};  ///< Lookups that met what others had read ahead, likewise.
  std::atomic<bool> ahead_{false};
  std::array<std::atomic<uint16_t>, kRecentLookups> recent_{};
  std::array<Write, kRemembered> writes_;
  size_t next_write_ = 0;
  uint64_t forgotten_;
};

/// Index entries that lookups read, in memory and in order, so that the next equality, range or ordered read nearby
/// need not ask the engine. Derived and droppable. Shared by the tenants of a database. Thread-safe.
class IndexCache {
 public:
  /// Takes about `capacity_bytes` at most; 0 keeps nothing.
  explicit IndexCache(size_t capacity_bytes) : capacity_(capacity_bytes) {}

  /// nullptr when the cache is off.
  std::shared_ptr<IndexRuns> Open(TenantId tenant, IndexId index);
  /// Before a write reaches the engine. Writes must not overlap.
  void Apply(const Batch& batch, uint64_t stamp);
  /// Drops everything.
  void Clear();
  /// Entries may be read ahead of what was asked for.
  bool HasRoom() const { return memory_bytes() + kRoom <= capacity_; }
  size_t memory_bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  friend class IndexRuns;
  using Key = uint64_t;  ///< Tenant and index.
  static constexpr size_t kRoom = 16u << 10;
  static constexpr size_t kMaxIndexes = 4096;
  /// A batch with more operations drops the runs that it meets instead of changing them: they are not worth it.
  static constexpr size_t kMostPatched = 4096;

  void MakeRoom();
  void DropAll();

  const size_t capacity_;
  std::atomic<size_t> bytes_{0};
  std::atomic<uint64_t> last_stamp_{0};
  std::atomic<size_t> turn_{0};  ///< The index at which the next eviction begins.
  FairSharedMutex mutex_;        ///< Taken before those of indexes.
  std::unordered_map<Key, std::shared_ptr<IndexRuns>> indexes_;
};

}  // namespace rem

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/batch.h"
#include "storage/family.h"

namespace rem {

/// A point in time of the whole engine. Reads through it see every batch written before it and none after. Release it
/// soon: it holds back the reclaiming of overwritten data. Must not outlive its engine.
class EngineSnapshot {
 public:
  virtual ~EngineSnapshot() = default;
};

struct ScanOptions {
  /// nullptr reads the newest state, fixed when the iterator is made.
  const EngineSnapshot* snapshot = nullptr;
  /// Keys k with lower <= k < upper; an empty upper has no end. Copied by the engine.
  std::string lower;
  std::string upper;
  /// A long scan that must not evict the working set from the cache sets this to false.
  bool fill_cache = true;
  /// Read ahead for long sequential scans.
  bool sequential = false;
};

/// Walks the keys of one family in order, inside the bounds of its ScanOptions. Views live until the next move. Read
/// errors and corruption surface as rem::Error from the moving call, never as an early end.
class EngineIterator {
 public:
  virtual ~EngineIterator() = default;
  virtual bool Valid() const = 0;
  virtual void SeekToFirst() = 0;
  virtual void SeekToLast() = 0;
  virtual void Seek(std::string_view key) = 0;         ///< First key >= `key`.
  virtual void SeekForPrev(std::string_view key) = 0;  ///< Last key <= `key`.
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
};

struct WriteOptions {
  /// Return only after the batch is on stable storage.
  bool sync = false;
  /// A hint that the batch is large, holds only puts, and that no key in it is there yet: the engine may write sorted
  /// files and add them in one step instead of going through its log. As atomic and at least as durable as sync = true.
  bool bulk = false;
};

struct EngineStats {
  uint64_t disk_bytes = 0;
  uint64_t memory_bytes = 0;
};

/// The storage seam: ordered byte keys in named column families, atomic batches, snapshots. Thread-safe. All failures
/// are rem::Error: kNoSpace, kIo, kCorruption, kPermission, kClosed, kLocked. After a failed Write nothing of that
/// batch is visible, now or after a restart.
class Engine {
 public:
  virtual ~Engine() = default;

  /// False when the key is absent. `value` is overwritten (its memory is reused).
  virtual bool Get(Family family, std::string_view key, std::string& value,
                   const EngineSnapshot* snapshot = nullptr) const = 0;
  /// One result a key, in the order of the keys.
  virtual std::vector<std::optional<std::string>> MultiGet(Family family, std::span<const std::string> keys,
                                                           const EngineSnapshot* snapshot = nullptr) const = 0;
  virtual std::unique_ptr<EngineIterator> Scan(Family family, ScanOptions options) const = 0;
  virtual std::unique_ptr<const EngineSnapshot> NewSnapshot() const = 0;

  /// Applies the whole batch or nothing.
  virtual void Write(const Batch& batch, const WriteOptions& options) = 0;
  /// Makes everything written so far stable.
  virtual void Sync() = 0;
  /// Drops the space of deleted and overwritten data in [lower, upper) of a family; both empty means all of it.
  virtual void Compact(Family family, std::string_view lower, std::string_view upper) = 0;
  virtual EngineStats Stats() const = 0;
  /// Approximate bytes on disk of a key range.
  virtual uint64_t ApproximateSize(Family family, std::string_view lower, std::string_view upper) const = 0;
  /// Reads every stored byte and verifies checksums; Error(kCorruption) names the file.
  virtual void VerifyChecksums() const = 0;
};

}  // namespace rem

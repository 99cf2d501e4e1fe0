#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "storage/engine.h"

namespace rem {

/// The pending writes of one transaction over one snapshot of the real engine: reads see both merged, writes stay here.
/// Whatever reads an Engine (ReadView, RecordWriter) works over it unchanged.
///
/// Every Write has a stamp, and a key keeps the values of all stamps: a snapshot is a stamp, so a result that is still
/// being read is not disturbed by later statements of its transaction, and rolling back to a savepoint drops the newer
/// stamps. Thread-safe for readers beside the one writer.
class OverlayEngine final : public Engine {
 public:
  /// Error(kLimitExceeded) from Write() once keys and values take more than `max_bytes`.
  OverlayEngine(std::shared_ptr<const Engine> base, std::shared_ptr<const EngineSnapshot> snapshot, size_t max_bytes);

  bool Get(Family family, std::string_view key, std::string& value, const EngineSnapshot* snapshot) const override;
  std::vector<std::optional<std::string>> MultiGet(Family family, std::span<const std::string> keys,
                                                   const EngineSnapshot* snapshot) const override;
  std::unique_ptr<EngineIterator> Scan(Family family, ScanOptions options) const override;
  std::unique_ptr<const EngineSnapshot> NewSnapshot() const override;
  void Write(const Batch& batch, const WriteOptions& options) override;
  void Sync() override {}
  void Compact(Family, std::string_view, std::string_view) override {}
  EngineStats Stats() const override { return base_->Stats(); }
  uint64_t ApproximateSize(Family family, std::string_view lower, std::string_view upper) const override {
    return base_->ApproximateSize(family, lower, upper);
  }
  void VerifyChecksums() const override { base_->VerifyChecksums(); }

  /// Whether the newest write of a key is its deletion.
  bool Deletes(Family family, std::string_view key) const;
  /// Calls `visit` with each written key below `upper` from `lower` on, in order, until it returns false.
  void VisitKeys(Family family, std::string_view lower, std::string_view upper,
                 const std::function<bool(std::string_view key)>& visit) const;
  /// Of the last Write.
  uint64_t stamp() const;
  /// Forgets the writes after `stamp`.
  void RollbackTo(uint64_t stamp);
  /// Calls `visit` with each written key and its newest value (nullopt: deleted), in key order by family.
  void VisitNewest(
      const std::function<void(Family, const std::string& key, const std::optional<std::string>& value)>& visit) const;

 private:
  friend class OverlayIterator;
  struct Version {
    uint64_t stamp = 0;
    std::optional<std::string> value;
  };
  using Versions = std::vector<Version>;
  using Keys = std::map<std::string, Versions, std::less<>>;
  struct Pending {
    std::string key;
    std::optional<std::string> value;
  };

  static const Version* Visible(const Versions& versions, uint64_t stamp);
  uint64_t StampOf(const EngineSnapshot* snapshot) const;
  /// The first pending key that `stamp` sees above `from` (or at it, when `inclusive`) and below `upper`.
  std::optional<Pending> After(Family family, std::string_view from, bool inclusive, std::string_view upper,
                               uint64_t stamp) const;
  /// Likewise below `from`, and not below `lower`; an empty `from` with `inclusive` means the end.
  std::optional<Pending> Before(Family family, std::string_view from, bool inclusive, std::string_view lower,
                                uint64_t stamp) const;
  std::vector<std::string> KeysIn(Family family, std::string_view begin, std::string_view end) const;
  void Add(Family family, std::string_view key, std::optional<std::string> value);

  const std::shared_ptr<const Engine> base_;
  const std::shared_ptr<const EngineSnapshot> base_snapshot_;
  const size_t max_bytes_;
  mutable std::shared_mutex mutex_;
  std::array<Keys, kFamilyCount> families_;
  uint64_t stamp_ = 0;
  size_t bytes_ = 0;
};

}  // namespace rem

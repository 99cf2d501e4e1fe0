#include "storage/memory_engine.h"

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "base/check.h"

namespace rem {

namespace {

/// The state of a key from `sequence` on. No value: deleted.
struct Version {
  uint64_t sequence;
  std::optional<std::string> value;
};

/// Versions of a key, oldest first.
using Versions = std::vector<Version>;
using Table = std::map<std::string, Versions, std::less<>>;

/// What a reader at `sequence` sees; nullptr when the key is absent.
const std::string* VisibleValue(const Versions& versions, uint64_t sequence) {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->sequence <= sequence) return version->value ? &*version->value : nullptr;
  }
  return nullptr;
}

/// All data of an engine. Readers share the mutex; one writer at a time has it alone.
class Store {
 public:
  bool Get(Family family, std::string_view key, std::string& value, std::optional<uint64_t> at) const {
    std::shared_lock lock(mutex_);
    return GetLocked(family, key, value, at.value_or(sequence_));
  }

  std::vector<std::optional<std::string>> MultiGet(Family family, std::span<const std::string> keys,
                                                   std::optional<uint64_t> at) const {
    std::vector<std::optional<std::string>> results(keys.size());
    std::shared_lock lock(mutex_);
    for (size_t i = 0; i < keys.size(); ++i) {
      std::string value;
      if (GetLocked(family, keys[i], value, at.value_or(sequence_))) results[i] = std::move(value);
    }
    return results;
  }

  void Write(const Batch& batch) {
    std::unique_lock lock(mutex_);
    ++sequence_;
    for (const Batch::Operation& op : batch.operations()) {
      Table& table = TableOf(op.family);
      switch (op.kind) {
        case Batch::Kind::kPut:
          Change(op.family, table.try_emplace(std::string(batch.key(op))).first, std::string(batch.value(op)));
          break;
        case Batch::Kind::kDelete:
          if (auto entry = table.find(batch.key(op)); entry != table.end()) Change(op.family, entry, std::nullopt);
          break;
        case Batch::Kind::kDeleteRange: {
          const auto end = table.lower_bound(batch.value(op));
          for (auto entry = table.lower_bound(batch.key(op)); entry != end; ++entry)
            Change(op.family, entry, std::nullopt);
          break;
        }
      }
    }
    DropUnneeded();
  }

  /// Pins the newest state and returns its sequence.
  uint64_t Pin() {
    std::unique_lock lock(mutex_);
    pinned_.insert(sequence_);
    return sequence_;
  }
  void PinAgain(uint64_t sequence) {
    std::unique_lock lock(mutex_);
    pinned_.insert(sequence);
  }
  void Unpin(uint64_t sequence) {
    std::unique_lock lock(mutex_);
    pinned_.erase(pinned_.find(sequence));
    DropUnneeded();
  }

  /// First visible key >= `from` (or > `from` when `after`) and below `upper`. An empty `upper` has no end.
  bool FindForward(Family family, std::string_view from, bool after, std::string_view upper, uint64_t at,
                   std::string& key, std::string& value) const {
    std::shared_lock lock(mutex_);
    const Table& table = TableOf(family);
    for (auto entry = after ? table.upper_bound(from) : table.lower_bound(from); entry != table.end(); ++entry) {
      if (!upper.empty() && entry->first >= upper) return false;
      if (Take(*entry, at, key, value)) return true;
    }
    return false;
  }

  /// Last visible key < `before`, or the last of all without it, that is >= `lower`.
  bool FindBackward(Family family, std::optional<std::string_view> before, std::string_view lower, uint64_t at,
                    std::string& key, std::string& value) const {
    std::shared_lock lock(mutex_);
    const Table& table = TableOf(family);
    auto entry = before ? table.lower_bound(*before) : table.end();
    while (entry != table.begin()) {
      --entry;
      if (entry->first < lower) return false;
      if (Take(*entry, at, key, value)) return true;
    }
    return false;
  }

  uint64_t Bytes(std::optional<Family> only, std::string_view lower, std::string_view upper) const {
    std::shared_lock lock(mutex_);
    uint64_t bytes = 0;
    for (size_t i = 0; i < kFamilyCount; ++i) {
      if (only && static_cast<size_t>(*only) != i) continue;
      const Table& table = tables_[i];
      for (auto entry = table.lower_bound(lower); entry != table.end() && (upper.empty() || entry->first < upper);
           ++entry) {
        bytes += entry->first.size();
        for (const Version& version : entry->second)
          bytes += sizeof(Version) + (version.value ? version.value->size() : 0);
      }
    }
    return bytes;
  }

 private:
  /// A key with a version that was overwritten or deleted at `sequence`, which readers before that may still need.
  struct Garbage {
    uint64_t sequence;
    Family family;
    std::string key;
  };

  Table& TableOf(Family family) { return tables_[static_cast<size_t>(family)]; }
  const Table& TableOf(Family family) const { return tables_[static_cast<size_t>(family)]; }

  bool GetLocked(Family family, std::string_view key, std::string& value, uint64_t at) const {
    const Table& table = TableOf(family);
    const auto entry = table.find(key);
    if (entry == table.end()) return false;
    const std::string* found = VisibleValue(entry->second, at);
    if (found == nullptr) return false;
    value = *found;
    return true;
  }

  static bool Take(const Table::value_type& entry, uint64_t at, std::string& key, std::string& value) {
    const std::string* found = VisibleValue(entry.second, at);
    if (found == nullptr) return false;
    // `key` may be where the search started from, so it changes last.
    value = *found;
    key = entry.first;
    return true;
  }

  void Change(Family family, Table::iterator entry, std::optional<std::string> value) {
    Versions& versions = entry->second;
    const bool deleted = !value.has_value();
    if (!versions.empty() && versions.back().sequence == sequence_) {
      versions.back().value = std::move(value);
    } else {
      versions.push_back({sequence_, std::move(value)});
    }
    if (versions.size() > 1 || deleted) garbage_.push_back({sequence_, family, entry->first});
  }

  /// Drops the versions that no pinned reader can reach. The queue is in the order of sequences, so this costs only
  /// what it drops.
  void DropUnneeded() {
    const uint64_t oldest = pinned_.empty() ? sequence_ : *pinned_.begin();
    for (; !garbage_.empty() && garbage_.front().sequence <= oldest; garbage_.pop_front()) {
      Table& table = TableOf(garbage_.front().family);
      const auto entry = table.find(garbage_.front().key);
      if (entry == table.end()) continue;
      Versions& versions = entry->second;
      size_t needed = versions.size() - 1;
      while (needed > 0 && versions[needed].sequence > oldest) --needed;
      versions.erase(versions.begin(), versions.begin() + static_cast<ptrdiff_t>(needed));
      if (versions.size() == 1 && versions[0].sequence <= oldest && !versions[0].value) table.erase(entry);
    }
  }

  mutable std::shared_mutex mutex_;
  uint64_t sequence_ = 0;
  std::array<Table, kFamilyCount> tables_;
  std::multiset<uint64_t> pinned_;
  std::deque<Garbage> garbage_;
};

class MemorySnapshot final : public EngineSnapshot {
 public:
  explicit MemorySnapshot(Store& store) : store_(store), sequence_(store.Pin()) {}
  ~MemorySnapshot() override { store_.Unpin(sequence_); }
  uint64_t sequence() const { return sequence_; }

 private:
  Store& store_;
  uint64_t sequence_;
};

std::optional<uint64_t> SequenceOf(const EngineSnapshot* snapshot) {
  if (snapshot == nullptr) return std::nullopt;
  return static_cast<const MemorySnapshot*>(snapshot)->sequence();
}

class MemoryIterator final : public EngineIterator {
 public:
  MemoryIterator(Store& store, Family family, ScanOptions options)
      : store_(store), family_(family), options_(std::move(options)) {
    if (options_.snapshot != nullptr) {
      sequence_ = *SequenceOf(options_.snapshot);
      store_.PinAgain(sequence_);
    } else {
      sequence_ = store_.Pin();
    }
  }
  ~MemoryIterator() override { store_.Unpin(sequence_); }

  bool Valid() const override { return valid_; }
  void SeekToFirst() override { Forward(options_.lower, false); }
  void SeekToLast() override { Backward(Upper()); }
  void Seek(std::string_view key) override { Forward(std::max(key, std::string_view(options_.lower)), false); }

  void SeekForPrev(std::string_view key) override {
    std::string after(key);
    after.push_back('\0');  // The smallest key greater than `key`.
    std::optional<std::string_view> before(after);
    if (!options_.upper.empty() && options_.upper < after) before = options_.upper;
    Backward(before);
  }

  void Next() override {
    REM_DCHECK(valid_);
    Forward(key_, true);
  }
  void Prev() override {
    REM_DCHECK(valid_);
    Backward(key_);
  }
  std::string_view key() const override { return key_; }
  std::string_view value() const override { return value_; }

 private:
  std::optional<std::string_view> Upper() const {
    if (options_.upper.empty()) return std::nullopt;
    return options_.upper;
  }
  void Forward(std::string_view from, bool after) {
    valid_ = store_.FindForward(family_, from, after, options_.upper, sequence_, key_, value_);
  }
  void Backward(std::optional<std::string_view> before) {
    valid_ = store_.FindBackward(family_, before, options_.lower, sequence_, key_, value_);
  }

  Store& store_;
  Family family_;
  ScanOptions options_;
  uint64_t sequence_ = 0;
  bool valid_ = false;
  std::string key_;
  std::string value_;
};

class MemoryEngine final : public Engine {
 public:
  bool Get(Family family, std::string_view key, std::string& value, const EngineSnapshot* snapshot) const override {
    return store_.Get(family, key, value, SequenceOf(snapshot));
  }
  std::vector<std::optional<std::string>> MultiGet(Family family, std::span<const std::string> keys,
                                                   const EngineSnapshot* snapshot) const override {
    return store_.MultiGet(family, keys, SequenceOf(snapshot));
  }
  std::unique_ptr<EngineIterator> Scan(Family family, ScanOptions options) const override {
    return std::make_unique<MemoryIterator>(store_, family, std::move(options));
  }
  std::unique_ptr<const EngineSnapshot> NewSnapshot() const override {
    return std::make_unique<MemorySnapshot>(store_);
  }
  void Write(const Batch& batch, const WriteOptions& /*options*/) override { store_.Write(batch); }
  void Sync() override {}
  void Compact(Family /*family*/, std::string_view /*lower*/, std::string_view /*upper*/) override {}
  EngineStats Stats() const override { return {.disk_bytes = 0, .memory_bytes = store_.Bytes(std::nullopt, {}, {})}; }
  uint64_t ApproximateSize(Family family, std::string_view lower, std::string_view upper) const override {
    return store_.Bytes(family, lower, upper);
  }
  void VerifyChecksums() const override {}

 private:
  mutable Store store_;  // Pinning a state for a reader is no change of the data.
};

}  // namespace

std::unique_ptr<Engine> NewMemoryEngine() { return std::make_unique<MemoryEngine>(); }

}  // namespace rem

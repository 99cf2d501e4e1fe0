#include "store/overlay_engine.h"

#include <mutex>

#include <rem/error.h>

#include "base/check.h"

namespace rem {
namespace {

class OverlaySnapshot final : public EngineSnapshot {
 public:
  explicit OverlaySnapshot(uint64_t stamp) : stamp(stamp) {}
  const uint64_t stamp;
};

// What a version costs besides its key and value: map node, vector, string headers.
constexpr size_t kVersionOverhead = 160;

size_t BytesOf(std::string_view key, const std::optional<std::string>& value) {
  return key.size() + (value ? value->size() : 0) + kVersionOverhead;
}

}  // namespace

/// Merges the pending keys into those of the engine. A pending key hides the engine's.
class OverlayIterator final : public EngineIterator {
 public:
  OverlayIterator(const OverlayEngine& engine, Family family, ScanOptions options, uint64_t stamp,
                  std::unique_ptr<EngineIterator> base)
      : engine_(engine),
        family_(family),
        lower_(std::move(options.lower)),
        upper_(std::move(options.upper)),
        stamp_(stamp),
        base_(std::move(base)) {}

  bool Valid() const override { return at_ != At::kEnd; }
  std::string_view key() const override { return at_ == At::kBase ? base_->key() : std::string_view(pending_->key); }
  std::string_view value() const override {
    return at_ == At::kBase ? base_->value() : std::string_view(*pending_->value);
  }

  void SeekToFirst() override {
    forward_ = true;
    base_->SeekToFirst();
    pending_ = engine_.After(family_, lower_, true, upper_, stamp_);
    Settle();
  }
  void SeekToLast() override {
    forward_ = false;
    base_->SeekToLast();
    pending_ = engine_.Before(family_, upper_, upper_.empty(), lower_, stamp_);
    Settle();
  }
  void Seek(std::string_view key) override {
    if (key < lower_) return SeekToFirst();
    forward_ = true;
    base_->Seek(key);
    pending_ = engine_.After(family_, key, true, upper_, stamp_);
    Settle();
  }
  void SeekForPrev(std::string_view key) override {
    if (!upper_.empty() && key >= upper_) return SeekToLast();
    forward_ = false;
    base_->SeekForPrev(key);
    // The empty key stands for the end in Before(); nothing but itself lies at or below it.
    pending_ =
        key.empty() ? std::optional<OverlayEngine::Pending>() : engine_.Before(family_, key, true, lower_, stamp_);
    Settle();
  }
  void Next() override {
    if (forward_) return Advance();
    const std::string here(key());
    Seek(here);
    if (Valid() && key() == here) Advance();
  }
  void Prev() override {
    if (!forward_) return Advance();
    const std::string here(key());
    SeekForPrev(here);
    if (Valid() && key() == here) Advance();
  }

 private:
  enum class At : uint8_t { kEnd, kBase, kPending };

  void StepBase() { forward_ ? base_->Next() : base_->Prev(); }
  void StepPending() {
    const std::string here = std::move(pending_->key);
    pending_ = forward_ ? engine_.After(family_, here, false, upper_, stamp_)
                        : engine_.Before(family_, here, false, lower_, stamp_);
  }
  void Advance() {
    if (at_ == At::kBase) {
      StepBase();
    } else {
      StepPending();
    }
    Settle();
  }
  /// Chooses the nearer of the two sides; a pending key takes the engine's equal one with it.
  void Settle() {
    for (;;) {
      if (!pending_) {
        at_ = base_->Valid() ? At::kBase : At::kEnd;
        return;
      }
      if (base_->Valid()) {
        const int order = base_->key().compare(pending_->key);
        if (order == 0) {
          StepBase();
        } else if (forward_ ? order < 0 : order > 0) {
          at_ = At::kBase;
          return;
        }
      }
      if (pending_->value) {
        at_ = At::kPending;
        return;
      }
      StepPending();
    }
  }

  const OverlayEngine& engine_;
  const Family family_;
  const std::string lower_, upper_;
  const uint64_t stamp_;
  const std::unique_ptr<EngineIterator> base_;
  std::optional<OverlayEngine::Pending> pending_;
  At at_ = At::kEnd;
  bool forward_ = true;
};

OverlayEngine::OverlayEngine(std::shared_ptr<const Engine> base, std::shared_ptr<const EngineSnapshot> snapshot,
                             size_t max_bytes)
    : base_(std::move(base)), base_snapshot_(std::move(snapshot)), max_bytes_(max_bytes) {}

const OverlayEngine::Version* OverlayEngine::Visible(const Versions& versions, uint64_t stamp) {
  for (auto it = versions.rbegin(); it != versions.rend(); ++it) {
    if (it->stamp <= stamp) return &*it;
  }
  return nullptr;
}

uint64_t OverlayEngine::StampOf(const EngineSnapshot* snapshot) const {
  return snapshot == nullptr ? UINT64_MAX : static_cast<const OverlaySnapshot*>(snapshot)->stamp;
}

bool OverlayEngine::Get(Family family, std::string_view key, std::string& value, const EngineSnapshot* snapshot) const {
  {
    std::shared_lock lock(mutex_);
    const Keys& keys = families_[static_cast<size_t>(family)];
    if (const auto found = keys.find(key); found != keys.end()) {
      if (const Version* version = Visible(found->second, StampOf(snapshot))) {
        if (version->value) value = *version->value;
        return version->value.has_value();
      }
    }
  }
  return base_->Get(family, key, value, base_snapshot_.get());
}

std::vector<std::optional<std::string>> OverlayEngine::MultiGet(Family family, std::span<const std::string> keys,
                                                                const EngineSnapshot* snapshot) const {
  auto values = base_->MultiGet(family, keys, base_snapshot_.get());
  std::shared_lock lock(mutex_);
  const Keys& pending = families_[static_cast<size_t>(family)];
  if (pending.empty()) return values;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto found = pending.find(keys[i]);
    if (found == pending.end()) continue;
    if (const Version* version = Visible(found->second, StampOf(snapshot))) values[i] = version->value;
  }
  return values;
}

std::unique_ptr<EngineIterator> OverlayEngine::Scan(Family family, ScanOptions options) const {
  uint64_t stamp = 0;
  bool untouched = false;
  {
    std::shared_lock lock(mutex_);
    stamp = options.snapshot == nullptr ? stamp_ : StampOf(options.snapshot);
    untouched = families_[static_cast<size_t>(family)].empty();
  }
  options.snapshot = base_snapshot_.get();
  if (untouched) return base_->Scan(family, std::move(options));
  auto base = base_->Scan(family, options);
  return std::make_unique<OverlayIterator>(*this, family, std::move(options), stamp, std::move(base));
}

std::unique_ptr<const EngineSnapshot> OverlayEngine::NewSnapshot() const {
  return std::make_unique<const OverlaySnapshot>(stamp());
}

std::vector<std::string> OverlayEngine::KeysIn(Family family, std::string_view begin, std::string_view end) const {
  std::vector<std::string> keys;
  if (begin >= end) return keys;
  auto it = Scan(family, {.lower = std::string(begin), .upper = std::string(end), .fill_cache = false});
  for (it->SeekToFirst(); it->Valid(); it->Next()) keys.emplace_back(it->key());
  return keys;
}

void OverlayEngine::Write(const Batch& batch, const WriteOptions& /*options*/) {
  // A deleted range is the deletion of each key that is in it: one write at a time, so nothing comes in between.
  std::vector<std::vector<std::string>> ranges;
  size_t more = 0;
  for (const Batch::Operation& op : batch.operations()) {
    if (op.kind != Batch::Kind::kDeleteRange) {
      more += op.key_size + op.value_size + kVersionOverhead;
      continue;
    }
    // What the batch itself put there before would be missed.
    REM_CHECK(&op == &batch.operations().front() || (&op - 1)->kind == Batch::Kind::kDeleteRange);
    ranges.push_back(KeysIn(op.family, batch.key(op), batch.value(op)));
    for (const std::string& key : ranges.back()) more += key.size() + kVersionOverhead;
  }
  std::unique_lock lock(mutex_);
  if (bytes_ + more > max_bytes_) {
    throw Error(ErrorCode::kLimitExceeded, "transaction changes too much data to be kept in memory",
                "commit more often, or load many records with Session::InsertBatch");
  }
  ++stamp_;
  size_t range = 0;
  for (const Batch::Operation& op : batch.operations()) {
    if (op.kind == Batch::Kind::kDeleteRange) {
      for (const std::string& key : ranges[range++]) Add(op.family, key, std::nullopt);
      continue;
    }
    std::optional<std::string> value;
    if (op.kind == Batch::Kind::kPut) value = std::string(batch.value(op));
    Add(op.family, batch.key(op), std::move(value));
  }
}

void OverlayEngine::Add(Family family, std::string_view key, std::optional<std::string> value) {
  Keys& keys = families_[static_cast<size_t>(family)];
  auto found = keys.find(key);
  if (found == keys.end()) found = keys.emplace(std::string(key), Versions()).first;
  Versions& versions = found->second;
  if (!versions.empty() && versions.back().stamp == stamp_) {
    bytes_ -= BytesOf(key, versions.back().value);
    versions.pop_back();
  }
  bytes_ += BytesOf(key, value);
  versions.push_back({stamp_, std::move(value)});
}

bool OverlayEngine::Deletes(Family family, std::string_view key) const {
  std::shared_lock lock(mutex_);
  const Keys& keys = families_[static_cast<size_t>(family)];
  const auto found = keys.find(key);
  return found != keys.end() && !found->second.empty() && !found->second.back().value;
}

void OverlayEngine::VisitKeys(Family family, std::string_view lower, std::string_view upper,
                              const std::function<bool(std::string_view key)>& visit) const {
  std::shared_lock lock(mutex_);
  const Keys& keys = families_[static_cast<size_t>(family)];
  for (auto it = keys.lower_bound(lower); it != keys.end() && it->first < upper; ++it) {
    if (!visit(it->first)) return;
  }
}

uint64_t OverlayEngine::stamp() const {
  std::shared_lock lock(mutex_);
  return stamp_;
}

void OverlayEngine::RollbackTo(uint64_t stamp) {
  std::unique_lock lock(mutex_);
  for (Keys& keys : families_) {
    for (auto it = keys.begin(); it != keys.end();) {
      Versions& versions = it->second;
      while (!versions.empty() && versions.back().stamp > stamp) {
        bytes_ -= BytesOf(it->first, versions.back().value);
        versions.pop_back();
      }
      it = versions.empty() ? keys.erase(it) : std::next(it);
    }
  }
}

void OverlayEngine::VisitNewest(
    const std::function<void(Family, const std::string&, const std::optional<std::string>&)>& visit) const {
  std::shared_lock lock(mutex_);
  for (size_t family = 0; family < kFamilyCount; ++family) {
    for (const auto& [key, versions] : families_[family])
      visit(static_cast<Family>(family), key, versions.back().value);
  }
}

std::optional<OverlayEngine::Pending> OverlayEngine::After(Family family, std::string_view from, bool inclusive,
                                                           std::string_view upper, uint64_t stamp) const {
  std::shared_lock lock(mutex_);
  const Keys& keys = families_[static_cast<size_t>(family)];
  for (auto it = inclusive ? keys.lower_bound(from) : keys.upper_bound(from); it != keys.end(); ++it) {
    if (!upper.empty() && it->first >= upper) break;
    if (const Version* version = Visible(it->second, stamp)) return Pending{it->first, version->value};
  }
  return std::nullopt;
}

std::optional<OverlayEngine::Pending> OverlayEngine::Before(Family family, std::string_view from, bool inclusive,
                                                            std::string_view lower, uint64_t stamp) const {
  std::shared_lock lock(mutex_);
  const Keys& keys = families_[static_cast<size_t>(family)];
  auto it = keys.end();
  if (!from.empty()) it = inclusive ? keys.upper_bound(from) : keys.lower_bound(from);
  while (it != keys.begin()) {
    --it;
    if (it->first < lower) break;
    if (const Version* version = Visible(it->second, stamp)) return Pending{it->first, version->value};
  }
  return std::nullopt;
}

}  // namespace rem

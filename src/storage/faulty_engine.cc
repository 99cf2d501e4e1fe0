#include "storage/faulty_engine.h"

#include <csignal>
#include <mutex>
#include <utility>

#include <rem/error.h>

namespace rem {

namespace {

[[noreturn]] void ThrowInjected(ErrorCode code) { throw Error(code, "injected fault", "clear the fault plan"); }

/// Counts what happens and says when the plan strikes.
class FaultPlanner {
 public:
  void SetPlan(const FaultPlan& plan) {
    std::lock_guard lock(mutex_);
    plan_ = plan;
    changes_ = 0;
    reads_ = 0;
  }

  /// Counts a Write or Sync; returns what goes wrong with it.
  FaultPlan::Kind CountChange() {
    std::lock_guard lock(mutex_);
    ++operations_;
    ++changes_;
    if (plan_.kind == FaultPlan::Kind::kNoSpace) return changes_ >= plan_.at ? plan_.kind : FaultPlan::Kind::kNone;
    if (plan_.kind == FaultPlan::Kind::kCorruptRead) return FaultPlan::Kind::kNone;
    return changes_ == plan_.at ? plan_.kind : FaultPlan::Kind::kNone;
  }

  void CountRead() {
    std::lock_guard lock(mutex_);
    ++reads_;
    if (plan_.kind == FaultPlan::Kind::kCorruptRead && reads_ == plan_.at) ThrowInjected(ErrorCode::kCorruption);
  }

  uint64_t operations() const {
    std::lock_guard lock(mutex_);
    return operations_;
  }

 private:
  mutable std::mutex mutex_;
  FaultPlan plan_;
  uint64_t operations_ = 0;
  uint64_t changes_ = 0;
  uint64_t reads_ = 0;
};

class FaultyIterator final : public EngineIterator {
 public:
  FaultyIterator(std::unique_ptr<EngineIterator> base, FaultPlanner& planner)
      : base_(std::move(base)), planner_(planner) {}
  bool Valid() const override { return base_->Valid(); }
  void SeekToFirst() override { planner_.CountRead(), base_->SeekToFirst(); }
  void SeekToLast() override { planner_.CountRead(), base_->SeekToLast(); }
  void Seek(std::string_view key) override { planner_.CountRead(), base_->Seek(key); }
  void SeekForPrev(std::string_view key) override { planner_.CountRead(), base_->SeekForPrev(key); }
  void Next() override { planner_.CountRead(), base_->Next(); }
  void Prev() override { planner_.CountRead(), base_->Prev(); }
  std::string_view key() const override { return base_->key(); }
  std::string_view value() const override { return base_->value(); }

 private:
  std::unique_ptr<EngineIterator> base_;
  FaultPlanner& planner_;
};

/// Makes the contents of `engine` those of `state`.
void RestoreState(Engine& engine, const EngineSnapshot& state) {
  Batch batch;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    const auto now = engine.Scan(family, {});
    for (now->SeekToFirst(); now->Valid(); now->Next()) batch.Delete(family, now->key());
    const auto then = engine.Scan(family, {.snapshot = &state});
    for (then->SeekToFirst(); then->Valid(); then->Next()) batch.Put(family, then->key(), then->value());
  }
  engine.Write(batch, {.sync = true});
}

class FaultyEngineImpl final : public FaultyEngine {
 public:
  explicit FaultyEngineImpl(std::unique_ptr<Engine> base) : base_(std::move(base)), stable_(base_->NewSnapshot()) {}

  void SetPlan(const FaultPlan& plan) override { planner_.SetPlan(plan); }
  uint64_t operations() const override { return planner_.operations(); }

  bool Get(Family family, std::string_view key, std::string& value, const EngineSnapshot* snapshot) const override {
    planner_.CountRead();
    return base_->Get(family, key, value, snapshot);
  }
  std::vector<std::optional<std::string>> MultiGet(Family family, std::span<const std::string> keys,
                                                   const EngineSnapshot* snapshot) const override {
    planner_.CountRead();
    return base_->MultiGet(family, keys, snapshot);
  }
  std::unique_ptr<EngineIterator> Scan(Family family, ScanOptions options) const override {
    return std::make_unique<FaultyIterator>(base_->Scan(family, std::move(options)), planner_);
  }
  std::unique_ptr<const EngineSnapshot> NewSnapshot() const override { return base_->NewSnapshot(); }

  void Write(const Batch& batch, const WriteOptions& options) override {
    Change(options.sync || options.bulk, [&] { base_->Write(batch, options); });
  }
  void Sync() override {
    Change(true, [&] { base_->Sync(); });
  }
  void Compact(Family family, std::string_view lower, std::string_view upper) override {
    base_->Compact(family, lower, upper);
  }
  EngineStats Stats() const override { return base_->Stats(); }
  uint64_t ApproximateSize(Family family, std::string_view lower, std::string_view upper) const override {
    return base_->ApproximateSize(family, lower, upper);
  }
  void VerifyChecksums() const override { base_->VerifyChecksums(); }

 private:
  template <typename Operation>
  void Change(bool makes_stable, const Operation& operation) {
    const FaultPlan::Kind fault = planner_.CountChange();
    switch (fault) {
      case FaultPlan::Kind::kFail:
        ThrowInjected(ErrorCode::kIo);
      case FaultPlan::Kind::kNoSpace:
        ThrowInjected(ErrorCode::kNoSpace);
      case FaultPlan::Kind::kKill:
        std::raise(SIGKILL);
        break;
      case FaultPlan::Kind::kTruncate: {
        std::lock_guard lock(stable_mutex_);
        RestoreState(*base_, *stable_);
        ThrowInjected(ErrorCode::kIo);
      }
      case FaultPlan::Kind::kNone:
      case FaultPlan::Kind::kFailAfter:
      case FaultPlan::Kind::kCorruptRead:
        break;
    }
    operation();
    if (makes_stable) {
      std::lock_guard lock(stable_mutex_);
      stable_ = base_->NewSnapshot();
    }
    if (fault == FaultPlan::Kind::kFailAfter) ThrowInjected(ErrorCode::kIo);
  }

  std::unique_ptr<Engine> base_;
  std::mutex stable_mutex_;
  std::unique_ptr<const EngineSnapshot> stable_;  ///< What a crash would leave.
  mutable FaultPlanner planner_;                  // Counting a read is no change of the data.
};

}  // namespace

std::unique_ptr<FaultyEngine> NewFaultyEngine(std::unique_ptr<Engine> base) {
  return std::make_unique<FaultyEngineImpl>(std::move(base));
}

}  // namespace rem

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "base/random.h"
#include "storage/engine_fixture.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"

namespace rem {
namespace {

/// Runs the same random operations on RocksDB and on the memory engine and compares every answer.
class EngineModel {
 public:
  EngineModel(std::string path, uint64_t seed) : path_(std::move(path)), random_(seed), model_(NewMemoryEngine()) {
    Open();
  }

  void Step() {
    switch (random_.Below(20)) {
      case 0:
        TakeSnapshot();
        break;
      case 1:
        if (!snapshots_.empty())
          snapshots_.erase(snapshots_.begin() + static_cast<ptrdiff_t>(random_.Below(snapshots_.size())));
        break;
      case 2:
        if (random_.Below(10) == 0) Reopen();
        break;
      case 3:
        if (random_.Below(5) == 0) rocks_->Compact(RandomFamily(), {}, {});
        break;
      case 4:
        if (random_.Below(5) == 0) WriteBulk();
        break;
      case 5:
      case 6:
      case 7:
      case 8:
        Write();
        break;
      case 9:
      case 10:
      case 11:
        CompareSeeks();
        break;
      default:
        CompareGets();
    }
  }

  void CompareAll() {
    for (size_t i = 0; i < kFamilyCount; ++i) {
      const auto family = static_cast<Family>(i);
      ASSERT_EQ(ScanForward(*rocks_, family), ScanForward(*model_, family));
      ASSERT_EQ(ScanBackward(*rocks_, family), ScanBackward(*model_, family));
      for (const auto& [rocks, model] : snapshots_) {
        ASSERT_EQ(ScanForward(*rocks_, family, {.snapshot = rocks.get()}),
                  ScanForward(*model_, family, {.snapshot = model.get()}));
      }
    }
  }

 private:
  using SnapshotPair = std::pair<std::unique_ptr<const EngineSnapshot>, std::unique_ptr<const EngineSnapshot>>;

  void Open() {
    rocks_ = OpenRocksDbEngine({.path = path_, .block_cache_bytes = 1u << 20, .write_buffer_bytes = 1u << 20});
  }
  void Reopen() {
    snapshots_.clear();
    rocks_.reset();
    Open();
  }
  void TakeSnapshot() { snapshots_.emplace_back(rocks_->NewSnapshot(), model_->NewSnapshot()); }

  Family RandomFamily() { return static_cast<Family>(random_.Below(kFamilyCount)); }
  std::string RandomKey() {
    // Few distinct keys, under a common prefix or not, so that operations meet.
    std::string key = random_.Below(4) == 0 ? "" : "prefix00";
    for (uint64_t n = random_.Below(3); n > 0; --n)
      key.push_back(
          "\x00\x01"
          "ab\xff"[random_.Below(5)]);
    return key;
  }
  std::string RandomBound() { return random_.Below(3) == 0 ? "" : RandomKey(); }
  SnapshotPair* RandomSnapshot() {
    return snapshots_.empty() || random_.Below(2) == 0 ? nullptr : &snapshots_[random_.Below(snapshots_.size())];
  }

  void Write() {
    Batch batch;
    for (uint64_t n = 1 + random_.Below(8); n > 0; --n) {
      const Family family = RandomFamily();
      switch (random_.Below(8)) {
        case 0:
          batch.DeleteRange(family, RandomKey(), RandomKey());
          break;
        case 1:
        case 2:
          batch.Delete(family, RandomKey());
          break;
        default:
          batch.Put(family, RandomKey(), std::string(random_.Below(2000), 'v') + std::to_string(random_.Next()));
      }
    }
    Apply(batch, {.sync = random_.Below(10) == 0});
  }

  void WriteBulk() {
    Batch batch;
    while (batch.bytes() < (1u << 20))
      batch.Put(RandomFamily(), RandomKey(), std::string(20'000, 'b') + std::to_string(random_.Next()));
    Apply(batch, {.bulk = true});
  }

  void Apply(const Batch& batch, const WriteOptions& options) {
    rocks_->Write(batch, options);
    model_->Write(batch, options);
  }

  void CompareGets() {
    const Family family = RandomFamily();
    const SnapshotPair* snapshot = RandomSnapshot();
    const EngineSnapshot* rocks_snapshot = snapshot == nullptr ? nullptr : snapshot->first.get();
    const EngineSnapshot* model_snapshot = snapshot == nullptr ? nullptr : snapshot->second.get();
    const std::string key = RandomKey();
    ASSERT_EQ(GetOr(*rocks_, family, key, "absent", rocks_snapshot),
              GetOr(*model_, family, key, "absent", model_snapshot));
    const std::vector<std::string> keys = {RandomKey(), RandomKey(), RandomKey(), RandomKey()};
    ASSERT_EQ(rocks_->MultiGet(family, keys, rocks_snapshot), model_->MultiGet(family, keys, model_snapshot));
  }

  void CompareSeeks() {
    const Family family = RandomFamily();
    const SnapshotPair* snapshot = RandomSnapshot();
    ScanOptions options = {.lower = RandomBound(), .upper = RandomBound(), .sequential = random_.Below(2) == 0};
    ScanOptions model_options = options;
    if (snapshot != nullptr) {
      options.snapshot = snapshot->first.get();
      model_options.snapshot = snapshot->second.get();
    }
    const auto rocks = rocks_->Scan(family, options);
    const auto model = model_->Scan(family, model_options);
    for (int move = 0; move < 12; ++move) {
      const std::string key = RandomKey();
      const uint64_t kind = model->Valid() ? random_.Below(8) : random_.Below(4);
      for (EngineIterator* iterator : {rocks.get(), model.get()}) {
        if (kind == 0) iterator->SeekToFirst();
        if (kind == 1) iterator->SeekToLast();
        if (kind == 2) iterator->Seek(key);
        if (kind == 3) iterator->SeekForPrev(key);
        if (kind == 4 || kind == 5) iterator->Next();
        if (kind >= 6) iterator->Prev();
      }
      ASSERT_EQ(rocks->Valid(), model->Valid());
      if (!model->Valid()) continue;
      ASSERT_EQ(rocks->key(), model->key());
      ASSERT_EQ(rocks->value(), model->value());
    }
  }

  std::string path_;
  Random random_;
  std::unique_ptr<Engine> rocks_;
  std::unique_ptr<Engine> model_;
  std::vector<SnapshotPair> snapshots_;  // After the engines: goes before them.
};

TEST(EngineModelTest, RocksDbAnswersAsTheMemoryEngine) {
  for (int round = 0; round < 2; ++round) {
    const uint64_t seed = Random::FromSystem().Next();
    SCOPED_TRACE(fmt::format("seed {}", seed));
    TempDirectory directory;
    EngineModel model(directory.Sub("db"), seed);
    for (int step = 0; step < 2000; ++step) {
      ASSERT_NO_FATAL_FAILURE(model.Step()) << "step " << step;
    }
    ASSERT_NO_FATAL_FAILURE(model.CompareAll());
  }
}

}  // namespace
}  // namespace rem

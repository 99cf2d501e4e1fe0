#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "storage/key_codec.h"
#include "storage/memory_engine.h"
#include "store/cached_index_iterator.h"
#include "store/index_cache.h"

namespace rem {

namespace {

/// Lookups of one value each, in an index of a memory engine.
class LookupTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kEntries = 20'000;

  LookupTest() {
    Batch batch;
    for (uint64_t i = 0; i < kEntries; ++i) batch.Put(Family::kIndex, LowerBound(i) + "12345678", "");
    engine_->Write(batch, {});
  }

  static std::string LowerBound(uint64_t value) {
    std::string key = IndexPrefix(1, 1);
    AppendIndexValue(key, Value(static_cast<int64_t>(value)));
    return key;
  }
  size_t Walk(std::string lower, std::string upper, size_t most = SIZE_MAX) {
    ScanOptions options;
    options.lower = std::move(lower);
    options.upper = std::move(upper);
    const auto it = NewCachedIndexIterator(*engine_, cache_, cache_.Open(1, 1), 0, std::move(options));
    size_t found = 0;
    for (it->SeekToFirst(); it->Valid() && found < most; it->Next()) ++found;
    return found;
  }
  void LookUp(uint64_t value) {
    const std::string lower = LowerBound(value);
    ASSERT_EQ(Walk(lower, PrefixEnd(lower)), 1u);
  }
  // This is like a lookup of what was read ahead.
  bool Holds(uint64_t value) {
    IndexKeys keys;
    std::string next;
    IndexRuns::Gap gap;
    return cache_.Open(1, 1)->FindForward(LowerBound(value), PrefixEnd(LowerBound(value)), 0, 1, keys, next, gap);
  }
  size_t Held() {
    size_t held = 0;
    for (uint64_t i = 0; i < kEntries; ++i) held += Holds(i);
    return held;
  }

  std::shared_ptr<Engine> engine_ = NewMemoryEngine();
  IndexCache cache_{10 << 20};
};

TEST_F(LookupTest, OfManyValuesReadFewEntriesAtFirst) {
  // Far from each other, so that nothing says that reading ahead would help.
  for (uint64_t i = 0; i < 100; ++i) LookUp(i * 200);
  LookUp(150);
  EXPECT_FALSE(Holds(150)) << "asked for once";
  LookUp(150);
  EXPECT_TRUE(Holds(150)) << "asked for again";
  EXPECT_LT(Held(), 100u * 64 / 8) << "a sample";
}

TEST_F(LookupTest, InOrderReadAheadSoon) {
  for (uint64_t i = 0; i < 200; ++i) LookUp(i);
  EXPECT_TRUE(Holds(199));
  EXPECT_TRUE(Holds(200)) << "not asked for yet";
}

TEST_F(LookupTest, AllOverTheIndexEndInMemory) {
  Random random(4);
  for (uint64_t i = 0; i < kEntries; ++i) LookUp(random.Below(kEntries));
  EXPECT_GT(Held(), kEntries * 9 / 10);
}

TEST_F(LookupTest, RangesAndOrderReadAheadAtOnce) {
  EXPECT_EQ(Walk(LowerBound(1000), LowerBound(1003)), 3u);
  EXPECT_TRUE(Holds(1020));
  EXPECT_EQ(Walk(LowerBound(5000), PrefixEnd(IndexPrefix(1, 1)), 10), 10u);
  EXPECT_TRUE(Holds(5040));
}

}  // namespace

}  // namespace rem

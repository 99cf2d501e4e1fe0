#include "store/vector_cache.h"

#include <thread>

#include <gtest/gtest.h>

namespace rem {
namespace {

constexpr size_t kDimension = 8;
constexpr size_t kBytes = kDimension * sizeof(float);

std::vector<float> VectorOf(float value) { return std::vector<float>(kDimension, value); }

float Find(const VectorCache& cache, RowId row) {
  const VectorCache::Reader reader(cache);
  const float* vector = reader.Find(row);
  return vector == nullptr ? -1 : vector[kDimension - 1];
}

TEST(VectorCacheTest, GivesWhatItGotUntilTheRowIsDropped) {
  VectorCache cache(kDimension, 100 * kBytes);
  const auto stamps = cache.stamps();
  cache.Offer(7, VectorOf(1), stamps);
  cache.Offer(8, VectorOf(2), stamps);
  EXPECT_EQ(Find(cache, 7), 1);
  EXPECT_EQ(Find(cache, 8), 2);
  cache.Drop(7);
  EXPECT_EQ(Find(cache, 7), -1);
  EXPECT_EQ(Find(cache, 8), 2);
  cache.Offer(7, VectorOf(3), cache.stamps());
  EXPECT_EQ(Find(cache, 7), 3);
}

TEST(VectorCacheTest, RefusesWhatWasReadBeforeADrop) {
  VectorCache cache(kDimension, 100 * kBytes);
  const auto before = cache.stamps();
  cache.Drop(7);
  cache.Offer(7, VectorOf(1), before);
  EXPECT_EQ(Find(cache, 7), -1);
  // Rows of other shards do not care.
  cache.Offer(8, VectorOf(2), before);
  EXPECT_EQ(Find(cache, 8), 2);
}

TEST(VectorCacheTest, ForgetsTheOldestWhenItIsFull) {
  VectorCache cache(kDimension, 10 * kBytes);
  for (RowId row = 1; row <= 200; ++row) cache.Offer(row, VectorOf(static_cast<float>(row)), cache.stamps());
  size_t kept = 0;
  for (RowId row = 1; row <= 200; ++row) {
    const float found = Find(cache, row);
    if (found < 0) continue;
    EXPECT_EQ(found, static_cast<float>(row));
    ++kept;
  }
  EXPECT_GE(kept, 8u);
  EXPECT_LE(kept, 10u);
  VectorCache nothing(kDimension, kBytes / 2);
  nothing.Offer(1, VectorOf(1), nothing.stamps());
  EXPECT_EQ(Find(nothing, 1), -1);
}

TEST(VectorCacheTest, ReadersBesideWritersSeeWholeVectors) {
  VectorCache cache(kDimension, 20 * kBytes);
  std::atomic<bool> end{false};
  std::atomic<size_t> torn{0}, wrong{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      while (!end) {
        for (RowId row = 1; row <= 60; ++row) {
          const VectorCache::Reader reader(cache);
          const float* vector = reader.Find(row);
          if (vector == nullptr) continue;
          for (size_t i = 1; i < kDimension; ++i) torn += vector[i] != vector[0];
          wrong += static_cast<RowId>(vector[0]) % 100 != row;
        }
      }
    });
  }
  for (int round = 0; round < 200; ++round) {
    for (RowId row = 1; row <= 60; ++row) {
      if (row % 3 == 0) cache.Drop(row);
      cache.Offer(row, VectorOf(static_cast<float>(row + 100 * static_cast<RowId>(round))), cache.stamps());
    }
  }
  end = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0u);
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace rem

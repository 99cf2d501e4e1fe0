#include "store/record_locks.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace rem {
namespace {

Uuid WithStripe(uint8_t stripe) {
  Uuid id;
  id.bytes[15] = stripe;
  return id;
}

TEST(RecordLocksTest, OneStripeIsHeldByOneThreadAtATime) {
  RecordLocks locks;
  int counts[8] = {};  // Guarded by the stripes: a race is an error under ThreadSanitizer and a wrong sum elsewhere.
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Random random(static_cast<uint64_t>(t));
      for (int i = 0; i < 2000; ++i) {
        if (i % 100 == 0) {
          auto guard = locks.LockAll();
          for (int& count : counts) ++count;
          continue;
        }
        uint8_t a = static_cast<uint8_t>(random.Below(8));
        uint8_t b = static_cast<uint8_t>((a + 1 + random.Below(7)) % 8);
        Uuid ids[] = {WithStripe(a), WithStripe(b), WithStripe(a)};
        auto guard = locks.LockMany(ids);
        ++counts[a];
        ++counts[b];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  int sum = 0;
  for (int count : counts) sum += count;
  EXPECT_EQ(sum, 4 * (20 * 8 + 1980 * 2));
}

TEST(RecordLocksTest, WhoWaitsForAllGetsThroughAStreamOfOthers) {
  RecordLocks locks;
  std::atomic<bool> done{false};
  std::vector<std::thread> stream;
  // Two threads that overlap, so that some stripe is always held.
  for (uint8_t t = 0; t < 2; ++t) {
    stream.emplace_back([&, t] {
      while (!done) {
        auto guard = locks.Lock(WithStripe(t));
        std::this_thread::yield();
      }
    });
  }
  { auto all = locks.LockAll(); }
  done = true;
  for (auto& thread : stream) thread.join();
  EXPECT_TRUE(done);
}

TEST(RecordLocksTest, ReleasedStripesAreFreeAgain) {
  RecordLocks locks;
  auto none = locks.LockMany({});
  auto all = locks.LockAll();
  std::atomic<bool> got{false};
  std::thread waiter([&] {
    auto guard = locks.Lock(WithStripe(9));
    got = true;
  });
  EXPECT_FALSE(got);
  all.Release();
  waiter.join();
  EXPECT_TRUE(got);
}

}  // namespace
}  // namespace rem

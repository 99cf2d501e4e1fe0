#include "base/fair_shared_mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace rem {

namespace {

TEST(FairSharedMutexTest, AWriterGetsInAmongReadersThatNeverStop) {
  FairSharedMutex mutex;
  std::atomic<bool> stop = false;
  std::atomic<int> inside = 0, torn = 0;
  // Changed only under the lock, both together.
  int first = 0, second = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const std::shared_lock lock(mutex);
        ++inside;
        // Some reader is inside nearly all the time.
        std::this_thread::yield();
        torn += first != second;
        --inside;
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(inside, 0);
    ++first;
    std::this_thread::yield();
    ++second;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(second, 200);
}

}  // namespace

}  // namespace rem

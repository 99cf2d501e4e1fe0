#include "base/thread_pool.h"

#include <atomic>
#include <latch>
#include <memory>

#include <gtest/gtest.h>

namespace rem {
namespace {

TEST(ThreadPoolTest, RunsEveryTask) {
  ThreadPool pool(3);
  EXPECT_EQ(pool.size(), 3u);
  std::atomic<int> sum{0};
  std::latch done(100);
  for (int i = 1; i <= 100; ++i) {
    pool.Submit([&, i] {
      sum += i;
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(sum, 5050);
}

TEST(ThreadPoolTest, RunsTasksAtTheSameTime) {
  ThreadPool pool(2);
  std::latch both(2), done(2);
  for (int i = 0; i < 2; ++i) {
    pool.Submit([&] {
      both.arrive_and_wait();
      done.count_down();
    });
  }
  done.wait();
  EXPECT_TRUE(both.try_wait());
}

TEST(ThreadPoolTest, DestructionWaitsForTheRunningTaskAndDropsTheRest) {
  std::atomic<int> started{0};
  std::latch running(1), release(1);
  const auto captured = std::make_shared<int>(0);
  auto pool = std::make_unique<ThreadPool>(1);
  pool->Submit([&] {
    ++started;
    running.count_down();
    release.wait();
  });
  for (int i = 0; i < 10; ++i) pool->Submit([&started, captured] { ++started; });
  running.wait();
  std::thread destroyer([&] { pool.reset(); });
  // Dropping the queue is the destructor's first deed; it cannot end before the running task does.
  while (captured.use_count() > 1) std::this_thread::yield();
  release.count_down();
  destroyer.join();
  EXPECT_EQ(started, 1);
}

TEST(ThreadPoolDeathTest, AnEscapedExceptionEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        ThreadPool pool(1);
        std::latch never(1);
        pool.Submit([] { throw std::runtime_error("escaped"); });
        never.wait();
      },
      "escaped");
}

}  // namespace
}  // namespace rem

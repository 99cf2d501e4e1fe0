#include "embedding/local/spread.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "base/thread_pool.h"

namespace rem {

namespace {

/// The jobs of one call. Shared with the pool: a task may begin when the call is over, and then finds nothing to do.
class Jobs {
 public:
  Jobs(size_t count, const std::function<void(size_t)>& job) : count_(count), job_(job) {}

  void Work() noexcept {
    while (true) {
      const size_t number = next_.fetch_add(1, std::memory_order_relaxed);
      if (number >= count_) return;
      // job_ lives as long as there is a job that is not done.
      try {
        if (!failed_.load(std::memory_order_relaxed)) job_(number);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
        failed_.store(true, std::memory_order_relaxed);
      }
      const std::lock_guard lock(mutex_);
      if (++done_ == count_) all_done_.notify_all();
    }
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [&] { return done_ == count_; });
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const size_t count_;
  const std::function<void(size_t)>& job_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable all_done_;
  size_t done_ = 0;
  std::exception_ptr error_;
};

ThreadPool& Pool() {
  static ThreadPool pool(std::max<size_t>(std::thread::hardware_concurrency(), 2) - 1);
  return pool;
}

}  // namespace

size_t ProcessorsToSpreadOver() { return Pool().size() + 1; }

void SpreadOverProcessors(size_t count, const std::function<void(size_t)>& job) {
  if (count == 0) return;
  const auto jobs = std::make_shared<Jobs>(count, job);
  if (count > 1) {
    const size_t others = std::min(count - 1, Pool().size());
    for (size_t i = 0; i < others; ++i) Pool().Submit([jobs] { jobs->Work(); });
  }
  jobs->Work();
  jobs->Wait();
}

}  // namespace rem

#include "sql/executor/parallel_run.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>

#include "base/thread_pool.h"
#include "sql/executor/operator.h"

namespace rem::sql {

namespace {

// What the threads of one run share. Tasks that begin after the run has closed do nothing, so it may be closed while
// some wait in the pool.
class Run {
 public:
  explicit Run(const std::function<void(size_t)>& work) : work_(work) {}

  void Enter(size_t copy) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      ++running_;
    }
    std::exception_ptr error;
    try {
      work_(copy);
    } catch (...) {
      error = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    if (error && !error_) error_ = error;
    --running_;
    ended_.notify_all();
  }

  void Close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    ended_.wait(lock, [this] { return running_ == 0; });
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const std::function<void(size_t)> work_;
  std::mutex mutex_;
  std::condition_variable ended_;
  size_t running_ = 0;
  bool closed_ = false;
  std::exception_ptr error_;
};

}  // namespace

void RunCopies(ThreadPool& pool, size_t copies, const std::function<void(size_t)>& work) {
  const auto run = std::make_shared<Run>(work);
  for (size_t i = 1; i < copies; ++i) pool.Submit([run, i] { run->Enter(i); });
  run->Enter(0);
  run->Close();
}

size_t ThreadsFor(const ExecContext& context, size_t rows) {
  if (context.pool == nullptr || context.lane != nullptr) return 1;
  return std::max<size_t>(std::min(context.threads, rows / std::max<size_t>(context.rows_per_lane, 1)), 1);
}

void RunItems(const ExecContext& context, size_t threads, size_t items, const std::function<void(size_t)>& work) {
  if (threads < 2 || items < 2) {
    for (size_t i = 0; i < items; ++i) work(i);
    return;
  }
  std::atomic<size_t> next{0};
  RunCopies(*context.pool, std::min(threads, items), [&](size_t) {
    try {
      for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < items;) work(i);
    } catch (...) {
      next.store(items, std::memory_order_relaxed);
      throw;
    }
  });
}

}  // namespace rem::sql

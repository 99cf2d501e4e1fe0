#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rem {

/// A fixed number of threads and one queue. The destructor drops tasks that have not started and waits for the running
/// ones.
class ThreadPool {
 public:
  explicit ThreadPool(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// An exception that leaves `task` ends the process: a task reports its errors itself.
  void Submit(std::function<void()> task);
  size_t size() const { return threads_.size(); }

 private:
  void Run() noexcept;

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace rem

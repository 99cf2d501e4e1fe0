#pragma once

#include <mutex>
#include <shared_mutex>

namespace rem {

/// A shared mutex whose exclusive side cannot starve: while a thread waits for it, no further thread gets the shared
/// side. std::shared_mutex prefers readers on Linux, so a stream of them would keep a writer out for ever. Not
/// recursive.
class FairSharedMutex {
 public:
  void lock() {
    std::lock_guard turn(turnstile_);
    mutex_.lock();
  }
  void unlock() { mutex_.unlock(); }
  void lock_shared() {
    { std::lock_guard turn(turnstile_); }
    mutex_.lock_shared();
  }
  void unlock_shared() { mutex_.unlock_shared(); }

 private:
  std::mutex turnstile_;
  std::shared_mutex mutex_;
};

}  // namespace rem

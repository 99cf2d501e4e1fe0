#pragma once

#include <pthread.h>

#include "base/check.h"

namespace rem {

/// A shared mutex whose exclusive side cannot starve: while a thread waits for it, no further thread gets the shared
/// side. std::shared_mutex prefers readers on Linux, so a stream of them would keep a writer out for ever. Not
/// recursive.
class FairSharedMutex {
 public:
  FairSharedMutex() {
    pthread_rwlockattr_t attributes;
    REM_CHECK(pthread_rwlockattr_init(&attributes) == 0);
    // The only kind under which a waiting writer counts: PTHREAD_RWLOCK_PREFER_WRITER_NP does not do what it says.
    REM_CHECK(pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0);
    REM_CHECK(pthread_rwlock_init(&lock_, &attributes) == 0);
    pthread_rwlockattr_destroy(&attributes);
  }
  ~FairSharedMutex() { pthread_rwlock_destroy(&lock_); }
  FairSharedMutex(const FairSharedMutex&) = delete;
  FairSharedMutex& operator=(const FairSharedMutex&) = delete;

  void lock() { REM_CHECK(pthread_rwlock_wrlock(&lock_) == 0); }
  void unlock() { pthread_rwlock_unlock(&lock_); }
  void lock_shared() { REM_CHECK(pthread_rwlock_rdlock(&lock_) == 0); }
  void unlock_shared() { pthread_rwlock_unlock(&lock_); }

 private:
  pthread_rwlock_t lock_;
};

}  // namespace rem

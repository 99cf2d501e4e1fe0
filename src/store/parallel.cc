#include "store/parallel.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>

#include "base/thread_pool.h"

namespace rem {
namespace {

/// Lives until the last task has looked at it, which may be after the caller went on.
struct Shared {
  std::mutex mutex;
  std::condition_variable done;
  size_t next = 0;
  size_t running = 0;
  std::exception_ptr error;
};

/// Takes parts until none is left.
void RunParts(Shared& shared, size_t parts, size_t count, const std::function<void(size_t, size_t)>& work) {
  std::unique_lock lock(shared.mutex);
  while (shared.next < parts && !shared.error) {
    size_t part = shared.next++;
    ++shared.running;
    lock.unlock();
    std::exception_ptr error;
    try {
      work(count * part / parts, count * (part + 1) / parts);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    --shared.running;
    if (error && !shared.error) shared.error = error;
  }
  shared.done.notify_all();
}

}  // namespace

void ParallelFor(ThreadPool* pool, size_t count, const std::function<void(size_t, size_t)>& work) {
  if (pool == nullptr || count < 2) {
    if (count > 0) work(0, count);
    return;
  }
  auto shared = std::make_shared<Shared>();
  size_t parts = std::min(count, pool->size() + 1);
  // A task that starts late finds no part left and never touches `work`.
  for (size_t i = 1; i < parts; ++i) {
    pool->Submit([shared, parts, count, &work] { RunParts(*shared, parts, count, work); });
  }
  RunParts(*shared, parts, count, work);
  std::unique_lock lock(shared->mutex);
  shared->done.wait(lock, [&] { return shared->running == 0 && (shared->next >= parts || shared->error); });
  if (shared->error) std::rethrow_exception(shared->error);
}

}  // namespace rem

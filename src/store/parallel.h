#pragma once

#include <cstddef>
#include <functional>

namespace rem {

class ThreadPool;

/// Calls `work(begin, end)` for disjoint ranges that cover [0, count), on the pool's threads and the caller's. Returns
/// when all are done; rethrows the first exception. Without a pool, one call.
void ParallelFor(ThreadPool* pool, size_t count, const std::function<void(size_t, size_t)>& work);

}  // namespace rem

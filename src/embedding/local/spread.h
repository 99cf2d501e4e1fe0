#pragma once

#include <cstddef>
#include <functional>

namespace rem {

/// Threads that SpreadOverProcessors uses, the calling one among them.
size_t ProcessorsToSpreadOver();

/// Calls job(0) to job(count - 1), each once, on the calling thread and on one thread for each further processor that
/// this process may use. Returns when all are done; the first exception of a job is thrown again, and jobs that have
/// not begun then do not. May be called from several threads.
void SpreadOverProcessors(size_t count, const std::function<void(size_t)>& job);

}  // namespace rem

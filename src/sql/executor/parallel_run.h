#pragma once

#include <cstddef>
#include <functional>

namespace rem {
class ThreadPool;
}

namespace rem::sql {

struct ExecContext;

/// Calls work(0) to work(copies - 1), each at most once, on the calling thread and on those of the pool that come in
/// time: the caller does work(0) and waits for no thread that has not begun, so that a busy pool costs nothing but the
/// help. The copies share what there is to do, so that any one of them would end with all of it done. Throws the first
/// error after all that began have ended.
void RunCopies(ThreadPool& pool, size_t copies, const std::function<void(size_t)>& work);

/// How many threads may share a work of `rows` rows; 1 where it is not worth it, or this is a lane's thread already.
size_t ThreadsFor(const ExecContext& context, size_t rows);

/// Calls work(item) once for each of `items`, on up to `threads` threads at once. Throws the first error; items after
/// it may be left out.
void RunItems(const ExecContext& context, size_t threads, size_t items, const std::function<void(size_t)>& work);

}  // namespace rem::sql

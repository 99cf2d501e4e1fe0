#pragma once

#include <memory>

#include "storage/engine.h"
#include "store/index_cache.h"

namespace rem {

/// Walks a range of one index in one direction, over the entries that the cache holds and, where it holds none, over
/// the engine's, which it offers to the cache. `options` has a snapshot that was taken after the moment `as_of`, or
/// none, and both bounds, within the index. Only SeekToFirst() and Next(), or SeekToLast() and Prev(), are for use. The
/// engine, the snapshot and the cache must outlive it.
std::unique_ptr<EngineIterator> NewCachedIndexIterator(const Engine& engine, IndexCache& cache,
                                                       std::shared_ptr<IndexRuns> runs, uint64_t as_of,
                                                       ScanOptions options);

}  // namespace rem

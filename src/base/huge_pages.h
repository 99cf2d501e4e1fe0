#pragma once

#include <cstddef>

namespace rem {

/// Asks the kernel to back a large buffer, not yet written to, with huge pages: fewer page faults while it is filled,
/// and fewer misses of the address translation while it is read in random order. Small buffers, and kernels that
/// cannot, are left alone.
void AdviseHugePages(const void* buffer, size_t bytes);

}  // namespace rem

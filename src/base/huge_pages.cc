#include "base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace rem {

void AdviseHugePages(const void* buffer, size_t bytes) {
  constexpr uintptr_t kHugePage = 2u << 20;
  const auto address = reinterpret_cast<uintptr_t>(buffer);
  // Only whole huge pages inside the buffer, so that nothing else is touched by the advice.
  const uintptr_t begin = (address + kHugePage - 1) & ~(kHugePage - 1);
  const uintptr_t end = (address + bytes) & ~(kHugePage - 1);
  if (begin >= end) return;
  // It is advice: where it cannot be followed, nothing is lost.
  static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));
}

}  // namespace rem

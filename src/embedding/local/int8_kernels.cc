#include "embedding/local/int8_kernels.h"

#include <vector>

#include "base/cpu_features.h"

#define REM_KERNEL

namespace rem {

namespace {

typedef int32_t Ints __attribute__((vector_size(16)));
constexpr size_t kLanes = 4;
constexpr size_t kTileRows = 4;

inline Ints Dot(Ints sum, int32_t a, Ints b) {
  for (int byte = 0; byte < 4; ++byte) {
    const int32_t factor = a >> (8 * byte) & 0xFF;
    sum += (b << (24 - 8 * byte) >> 24) * factor;
  }
  return sum;
}

}  // namespace

}  // namespace rem

#include "embedding/local/int8_kernels_body.h"

namespace rem {

const Int8Kernels& PortableInt8Kernels() {
  static constexpr Int8Kernels kernels = MakeInt8Kernels("portable");
  return kernels;
}

std::span<const Int8Kernels* const> RunnableInt8Kernels() {
  static const std::vector<const Int8Kernels*> runnable = [] {
    std::vector<const Int8Kernels*> found = {&PortableInt8Kernels()};
#if defined(__x86_64__)
    if (Cpu().avx2) found.push_back(&Avx2Int8Kernels());
    if (Cpu().avx_vnni) found.push_back(&AvxVnniInt8Kernels());
    if (Cpu().avx512_vnni) found.push_back(&Avx512VnniInt8Kernels());
#endif
    return found;
  }();
  return runnable;
}

const Int8Kernels& BestInt8Kernels() {
  static const Int8Kernels& best = *RunnableInt8Kernels().back();
  return best;
}

}  // namespace rem

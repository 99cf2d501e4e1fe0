#include "index/vector/distance_kernels.h"

#include <vector>

#include "base/cpu_features.h"
#include "index/vector/kernels_by_cpu.h"

namespace rem {

std::span<const DistanceKernels* const> RunnableKernels() {
  static const std::vector<const DistanceKernels*> runnable = [] {
    std::vector<const DistanceKernels*> found = {&ScalarKernels()};
#if defined(__x86_64__)
    if (Cpu().avx2) found.push_back(&Avx2Kernels());
    if (Cpu().avx512) found.push_back(&Avx512Kernels());
    if (Cpu().avx512_vnni) found.push_back(&Avx512VnniKernels());
#elif defined(__aarch64__)
    if (Cpu().neon) found.push_back(&NeonKernels());
#endif
    return found;
  }();
  return runnable;
}

const DistanceKernels& BestKernels() {
  static const DistanceKernels& best = *RunnableKernels().back();
  return best;
}

}  // namespace rem

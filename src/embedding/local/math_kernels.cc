#include "embedding/local/math_kernels.h"

#include <vector>

#include "base/cpu_features.h"

#define REM_KERNEL

namespace rem {

namespace {

typedef float Lanes __attribute__((vector_size(16)));
constexpr size_t kLanes = 4;
constexpr size_t kTileRows = 4;

__attribute__((always_inline)) inline Lanes Fma(Lanes a, Lanes b, Lanes c) { return a * b + c; }

}  // namespace

}  // namespace rem

#include "embedding/local/math_kernels_body.h"

namespace rem {

const MathKernels& PortableMathKernels() {
  static constexpr MathKernels kernels = MakeKernels("portable");
  return kernels;
}

std::span<const MathKernels* const> RunnableMathKernels() {
  static const std::vector<const MathKernels*> runnable = [] {
    std::vector<const MathKernels*> found = {&PortableMathKernels()};
#if defined(__x86_64__)
    if (Cpu().avx2) found.push_back(&Avx2MathKernels());
    if (Cpu().avx512) found.push_back(&Avx512MathKernels());
#endif
    return found;
  }();
  return runnable;
}

const MathKernels& BestMathKernels() {
  static const MathKernels& best = *RunnableMathKernels().back();
  return best;
}

}  // namespace rem

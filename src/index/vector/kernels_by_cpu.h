#pragma once

#include "index/vector/distance_kernels.h"

namespace rem {

// One file per instruction set; each defines its function only where the compiler can produce the code, and may be
// called into only where base/cpu_features.h says that the processor can run it.
#if defined(__x86_64__)
const DistanceKernels& Avx2Kernels();
const DistanceKernels& Avx512Kernels();
const DistanceKernels& Avx512VnniKernels();
#elif defined(__aarch64__)
const DistanceKernels& NeonKernels();
#endif

}  // namespace rem

#pragma once

namespace rem {

/// Instruction sets that this processor has and the operating system lets programs use. Found once.
struct CpuFeatures {
  bool avx2 = false;    ///< with FMA, F16C and POPCNT
  bool avx512 = false;  ///< F, BW, DQ and VL
  bool avx512_vnni = false;
  bool avx512_bf16 = false;
  bool avx_vnni = false;  ///< vpdpbusd of 256 bits without AVX-512
  bool neon = false;
};

const CpuFeatures& Cpu();

}  // namespace rem

#pragma once

/// Before a loop over registers, whose bounds are known to the compiler.
#if defined(__clang__)
#define REM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define REM_UNROLL _Pragma("GCC unroll 16")
#endif

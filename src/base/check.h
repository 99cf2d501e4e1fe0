#pragma once

namespace rem {

/// Throws Error(kInternal) naming the condition and its place.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace rem

/// An invariant of ours, always checked. Never for user input: that is a rem::Error with a hint.
#define REM_CHECK(condition)                              \
  do {                                                    \
    if (!(condition)) [[unlikely]]                        \
      ::rem::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

/// An invariant on a hot path: checked in debug and sanitizer builds only.
#ifdef NDEBUG
#define REM_DCHECK(condition) static_cast<void>(0)
#else
#define REM_DCHECK(condition) REM_CHECK(condition)
#endif

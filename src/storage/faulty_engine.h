#pragma once

#include <cstdint>
#include <memory>

#include "storage/engine.h"

namespace rem {

/// What goes wrong, and when. `at` counts from 1 and from SetPlan: Write and Sync operations, or reads for
/// kCorruptRead.
struct FaultPlan {
  enum class Kind : uint8_t {
    kNone,
    kFail,         ///< The n-th operation throws Error(kIo) and does nothing.
    kNoSpace,      ///< The n-th and all later writes throw Error(kNoSpace) until the plan is cleared.
    kFailAfter,    ///< The n-th write is applied, then reports Error(kIo): the caller cannot know.
    kKill,         ///< The process gets SIGKILL before the n-th operation.
    kTruncate,     ///< The n-th operation throws, and everything since the last synced write is lost.
    kCorruptRead,  ///< The n-th Get or iterator move throws Error(kCorruption).
  };
  Kind kind = Kind::kNone;
  uint64_t at = 0;
};

/// Passes everything to `base` until the plan strikes. A clean shutdown is not a crash: destroying the engine loses
/// nothing.
class FaultyEngine : public Engine {
 public:
  virtual void SetPlan(const FaultPlan& plan) = 0;
  /// Write and Sync operations seen since the engine was made.
  virtual uint64_t operations() const = 0;
};
std::unique_ptr<FaultyEngine> NewFaultyEngine(std::unique_ptr<Engine> base);

}  // namespace rem

#pragma once

#include <atomic>
#include <cstdint>

namespace rem {

/// Where time comes from. Passed in, so that a failing run can be replayed.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time in microseconds since 1970-01-01T00:00:00Z. May go backwards.
  virtual int64_t NowMicros() = 0;
};

/// The machine's clock.
Clock& SystemClock();

/// Stands still until told otherwise.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t start_micros) : now_(start_micros) {}
  int64_t NowMicros() override { return now_.load(); }
  void Advance(int64_t micros) { now_ += micros; }
  void Set(int64_t micros) { now_ = micros; }

 private:
  std::atomic<int64_t> now_;
};

}  // namespace rem

#include "base/clock.h"

#include <chrono>

namespace rem {

namespace {

class MachineClock final : public Clock {
 public:
  int64_t NowMicros() override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  }
};

}  // namespace

Clock& SystemClock() {
  static MachineClock clock;
  return clock;
}

}  // namespace rem

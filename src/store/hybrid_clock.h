#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace rem {

/// Hybrid logical clock (Kulkarni et al. 2014): 48 bits of milliseconds since 1970, then a 16-bit counter. Always
/// grows, also when the wall clock goes back; close to wall time. Thread-safe.
class HybridClock {
 public:
  explicit HybridClock(Clock& clock) : clock_(clock) {}

  uint64_t Next() {
    uint64_t physical = static_cast<uint64_t>(clock_.NowMicros() / 1000) << 16;
    uint64_t last = last_.load(std::memory_order_relaxed);
    uint64_t next;
    do {
      next = physical > last ? physical : last + 1;
    } while (!last_.compare_exchange_weak(last, next, std::memory_order_relaxed));
    return next;
  }

  /// Later times than `seen` from now on: for times read from disk or from a peer.
  void Observe(uint64_t seen) {
    uint64_t last = last_.load(std::memory_order_relaxed);
    while (last < seen && !last_.compare_exchange_weak(last, seen, std::memory_order_relaxed)) {
    }
  }

  static int64_t PhysicalMicros(uint64_t hybrid) { return static_cast<int64_t>(hybrid >> 16) * 1000; }

 private:
  Clock& clock_;
  std::atomic<uint64_t> last_{0};
};

}  // namespace rem

#pragma once

#include <cstdint>

#include <rem/uuid.h>

namespace rem {

/// splitmix64 (Steele, Lea, Flood 2014): small, fast, seedable. Not for security, not thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  /// Seeded from the operating system.
  static Random FromSystem();
  uint64_t Next();
  /// Uniform in [0, n); n > 0.
  uint64_t Below(uint64_t n) { return Next() % n; }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

/// A version 7 UUID (RFC 9562): 48 bits of milliseconds, then 74 random bits. Thread-safe; time order lets ids append.
Uuid NewUuid(int64_t now_micros);

}  // namespace rem

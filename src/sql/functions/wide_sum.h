#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rem::sql {

/// A sum of 64-bit integers in 128 bits, which no number of rows overflows. Not an __int128, whose alignment the states
/// of aggregates do not have.
struct WideSum {
  uint64_t low;
  int64_t high;

  void Add(int64_t value) { AddParts(static_cast<uint64_t>(value), value >> 63); }
  void Add(const WideSum& other) { AddParts(other.low, other.high); }
  __int128 value() const { return static_cast<__int128>(high) * (static_cast<__int128>(1) << 64) + low; }
  void Assign(__int128 value) {
    low = static_cast<uint64_t>(value);
    high = static_cast<int64_t>(value >> 64);
  }

 private:
  void AddParts(uint64_t add_low, int64_t add_high) {
    high += add_high + static_cast<int64_t>(__builtin_add_overflow(low, add_low, &low));
  }
};

/// A sum of squares of 64-bit integers in 192 bits.
struct WideSquares {
  uint64_t parts[3];  // The lowest first.

  void AddSquare(int64_t value) {
    const auto magnitude = static_cast<unsigned __int128>(value < 0 ? -static_cast<__int128>(value) : value);
    const unsigned __int128 square = magnitude * magnitude;
    Add({{static_cast<uint64_t>(square), static_cast<uint64_t>(square >> 64), 0}});
  }
  void Add(const WideSquares& other) {
    bool carry = false;
    for (int i = 0; i < 3; ++i) {
      const bool first = __builtin_add_overflow(parts[i], other.parts[i], &parts[i]);
      const bool second = __builtin_add_overflow(parts[i], static_cast<uint64_t>(carry), &parts[i]);
      carry = first || second;
    }
  }
};

/// value / 10^scale as a numeric.
std::string NumericFromWide(__int128 value, int scale);
std::string NumericFromWide(const WideSquares& squares);

/// A numeric of few digits: digits / 10^scale.
struct SmallNumeric {
  int64_t digits = 0;
  int scale = 0;
};
/// nullopt for one of more than 18 digits, NaN and infinities.
std::optional<SmallNumeric> ReadSmallNumeric(std::string_view text);

}  // namespace rem::sql

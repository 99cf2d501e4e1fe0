#include "sql/functions/wide_sum.h"

#include <algorithm>

namespace rem::sql {

std::string NumericFromWide(__int128 value, int scale) {
  const bool negative = value < 0;
  unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string digits;
  for (int written = 0; rest != 0 || written <= scale; ++written) {
    if (written == scale && scale > 0) digits.push_back('.');
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  if (negative) digits.push_back('-');
  std::ranges::reverse(digits);
  return digits;
}

std::string NumericFromWide(const WideSquares& squares) {
  WideSquares rest = squares;
  std::string digits;
  do {
    unsigned __int128 remainder = 0;
    for (int i = 2; i >= 0; --i) {
      const unsigned __int128 part = remainder << 64 | rest.parts[i];
      rest.parts[i] = static_cast<uint64_t>(part / 10);
      remainder = part % 10;
    }
    digits.push_back(static_cast<char>('0' + static_cast<int>(remainder)));
  } while ((rest.parts[0] | rest.parts[1] | rest.parts[2]) != 0);
  std::ranges::reverse(digits);
  return digits;
}

std::optional<SmallNumeric> ReadSmallNumeric(std::string_view text) {
  constexpr size_t kMostDigits = 18;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.size() > kMostDigits + 1) return std::nullopt;
  SmallNumeric number;
  size_t digits = 0;
  bool point = false;
  for (const char c : text) {
    if (c == '.') {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || ++digits > kMostDigits) return std::nullopt;
    number.digits = number.digits * 10 + (c - '0');
    number.scale += point;
  }
  if (negative) number.digits = -number.digits;
  return number;
}

}  // namespace rem::sql

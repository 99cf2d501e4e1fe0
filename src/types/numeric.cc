#include "types/numeric.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <rem/error.h>

#include "types/big_decimal.h"

namespace rem {

namespace {

/// value = (-1)^negative * digits * 10^-scale.
struct Decimal {
  bool negative = false;
  int scale = 0;
  std::string digits;  // Without leading zeros; empty for 0.
};

[[noreturn]] void ThrowOverflow() {
  throw Error(
      ErrorCode::kNumericOutOfRange, "value overflows numeric format",
      fmt::format("numeric holds {} digits before the point and {} behind it", kMaxNumericWeight, kMaxNumericScale));
}

bool IsSpecial(std::string_view a) { return a == "NaN" || a == "Infinity" || a == "-Infinity"; }

Decimal Read(std::string_view text) {
  Decimal out;
  if (text.starts_with('-')) {
    out.negative = true;
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  out.digits.reserve(text.size());
  out.digits.append(text.substr(0, point));
  if (point != std::string_view::npos) {
    out.digits.append(text.substr(point + 1));
    out.scale = static_cast<int>(text.size() - point - 1);
  }
  out.digits.erase(0, std::min(out.digits.find_first_not_of('0'), out.digits.size()));
  return out;
}

std::string Write(const Decimal& value) {
  const auto scale = static_cast<size_t>(value.scale);
  if (value.digits.size() > scale + kMaxNumericWeight || value.scale > kMaxNumericScale) ThrowOverflow();
  std::string out;
  out.reserve(value.digits.size() + scale + 3);
  if (value.negative && !value.digits.empty()) out.push_back('-');
  if (value.digits.size() > scale) {
    out.append(value.digits, 0, value.digits.size() - scale);
  } else {
    out.push_back('0');
  }
  if (scale == 0) return out;
  out.push_back('.');
  if (value.digits.size() < scale) {
    out.append(scale - value.digits.size(), '0');
    out.append(value.digits);
  } else {
    out.append(value.digits, value.digits.size() - scale, scale);
  }
  return out;
}

// To `scale`, which may be negative; rounds half away from zero or cuts.
void Rescale(Decimal& value, int scale, bool round) {
  if (scale >= value.scale) {
    if (!value.digits.empty()) value.digits.append(static_cast<size_t>(scale - value.scale), '0');
    value.scale = scale;
    return;
  }
  const auto drop = static_cast<size_t>(value.scale - scale);
  value.scale = scale;
  if (drop > value.digits.size()) {
    value.digits.clear();
    return;
  }
  const size_t keep = value.digits.size() - drop;
  const bool up = round && value.digits[keep] >= '5';
  value.digits.resize(keep);
  if (!up) return;
  size_t i = keep;
  while (i > 0 && value.digits[i - 1] == '9') value.digits[--i] = '0';
  if (i > 0) {
    ++value.digits[i - 1];
  } else {
    value.digits.insert(0, 1, '1');
  }
}

// A number of up to 18 digits, which most are.
bool ReadSmall(std::string_view text, int64_t& value, int& scale) {
  if (text.size() > 19 || text.empty() || text.back() > '9') return false;
  size_t i = text[0] == '-';
  if (text.size() - i > 18) return false;
  value = 0;
  scale = 0;
  bool behind = false;
  for (; i < text.size(); ++i) {
    if (text[i] == '.') {
      behind = true;
      continue;
    }
    value = value * 10 + (text[i] - '0');
    scale += behind;
  }
  if (text[0] == '-') value = -value;
  return true;
}

std::string WriteSmall(int64_t value, int scale) {
  char buffer[48];
  char* at = buffer + sizeof(buffer);
  uint64_t rest = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  for (int i = 0; i < scale; ++i) {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  if (scale > 0) *--at = '.';
  do {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (value < 0) *--at = '-';
  return {at, static_cast<size_t>(buffer + sizeof(buffer) - at)};
}

constexpr int64_t kPowers[] = {1,
                               10,
                               100,
                               1000,
                               10000,
                               100000,
                               1000000,
                               10000000,
                               100000000,
                               1000000000,
                               10000000000,
                               100000000000,
                               1000000000000,
                               10000000000000,
                               100000000000000,
                               1000000000000000,
                               10000000000000000,
                               100000000000000000,
                               1000000000000000000};

// Brings both to the larger scale. False when that does not fit.
bool AlignSmall(std::string_view a, std::string_view b, int64_t& x, int64_t& y, int& scale) {
  int x_scale = 0, y_scale = 0;
  if (!ReadSmall(a, x, x_scale) || !ReadSmall(b, y, y_scale)) return false;
  scale = std::max(x_scale, y_scale);
  return !__builtin_mul_overflow(x, kPowers[scale - x_scale], &x) &&
         !__builtin_mul_overflow(y, kPowers[scale - y_scale], &y);
}

std::string AddSigned(std::string_view a, std::string_view b, bool subtract) {
  Decimal x = Read(a), y = Read(b);
  const int scale = std::max(x.scale, y.scale);
  Rescale(x, scale, false);
  Rescale(y, scale, false);
  if (subtract) y.negative = !y.negative;
  const Limbs p = LimbsFromDigits(x.digits), q = LimbsFromDigits(y.digits);
  Decimal out{x.negative, scale, {}};
  if (x.negative == y.negative) {
    out.digits = DigitsFromLimbs(AddLimbs(p, q));
  } else if (CompareLimbs(p, q) >= 0) {
    out.digits = DigitsFromLimbs(SubtractLimbs(p, q));
  } else {
    out.negative = y.negative;
    out.digits = DigitsFromLimbs(SubtractLimbs(q, p));
  }
  return Write(out);
}

bool IsNegative(std::string_view a) { return a.starts_with('-'); }
bool IsZero(std::string_view a) { return a.find_first_of("123456789NI") == std::string_view::npos; }

// Position of the first digit in base 10000, and that digit: PostgreSQL chooses scales by them.
void WeightOf(const Decimal& value, int& weight, int& first) {
  weight = 0;
  first = 0;
  if (value.digits.empty()) return;
  const int exponent = static_cast<int>(value.digits.size()) - value.scale - 1;
  weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
  const int count = exponent - weight * 4 + 1;
  for (int i = 0; i < count; ++i) {
    first =
        first * 10 + (static_cast<size_t>(i) < value.digits.size() ? value.digits[static_cast<size_t>(i)] - '0' : 0);
  }
}

int DivisionScale(const Decimal& a, const Decimal& b) {
  int a_weight = 0, a_first = 0, b_weight = 0, b_first = 0;
  WeightOf(a, a_weight, a_first);
  WeightOf(b, b_weight, b_first);
  int weight = a_weight - b_weight;
  if (a_first <= b_first) --weight;
  return std::min(std::max({16 - weight * 4, a.scale, b.scale, 0}), 1000);
}

[[noreturn]] void ThrowDivision() {
  throw Error(ErrorCode::kDivisionByZero, "division by zero", "NULLIF(divisor, 0) makes such rows NULL");
}

Limbs Scaled(std::string digits, int power) {
  if (digits.empty()) return {};
  digits.append(static_cast<size_t>(power), '0');
  return LimbsFromDigits(digits);
}

// Whole quotient and remainder at one scale.
void DivideWhole(std::string_view a, std::string_view b, Decimal& quotient, Decimal& remainder) {
  Decimal x = Read(a), y = Read(b);
  if (y.digits.empty()) ThrowDivision();
  const int scale = std::max(x.scale, y.scale);
  Rescale(x, scale, false);
  Rescale(y, scale, false);
  Limbs rest;
  const Limbs whole = DivideLimbs(LimbsFromDigits(x.digits), LimbsFromDigits(y.digits), rest);
  quotient = {x.negative != y.negative, 0, DigitsFromLimbs(whole)};
  remainder = {x.negative, scale, DigitsFromLimbs(rest)};
}

}  // namespace

std::optional<std::string> ParseNumeric(std::string_view text) {
  static constexpr std::string_view kSpaces = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return std::nullopt;
  text = text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
  Decimal out;
  const bool sign = text.starts_with('-') || text.starts_with('+');
  out.negative = text.starts_with('-');
  if (sign) text.remove_prefix(1);
  std::string word(text.substr(0, 9));
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (word == "nan" && !sign) return "NaN";
  if (word == "inf" || (word == "infinity" && text.size() == 8)) return out.negative ? "-Infinity" : "Infinity";
  size_t i = 0, seen = 0;
  bool point = false;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !point) {
      point = true;
    } else if (text[i] >= '0' && text[i] <= '9') {
      out.digits.push_back(text[i]);
      out.scale += point;
      ++seen;
    } else {
      break;
    }
  }
  if (seen == 0) return std::nullopt;
  int exponent = 0;
  if (i < text.size()) {
    if ((text[i] | 32) != 'e') return std::nullopt;
    std::string_view rest = text.substr(i + 1);
    if (rest.starts_with('+')) rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (rest.empty() || end != rest.data() + rest.size() || error == std::errc::invalid_argument) return std::nullopt;
    if (error != std::errc() || std::abs(exponent) > 200'000) ThrowOverflow();
  }
  out.digits.erase(0, std::min(out.digits.find_first_not_of('0'), out.digits.size()));
  out.scale -= exponent;
  if (out.scale < 0) Rescale(out, 0, false);
  if (out.scale > kMaxNumericScale) Rescale(out, kMaxNumericScale, true);
  return Write(out);
}

std::strong_ordering CompareNumerics(std::string_view a, std::string_view b) {
  int64_t x = 0, y = 0;
  int scale = 0;
  if (AlignSmall(a, b, x, y, scale)) return x <=> y;
  const auto rank = [](std::string_view v) { return v == "NaN" ? 2 : v == "Infinity" ? 1 : v == "-Infinity" ? -1 : 0; };
  if (rank(a) != 0 || rank(b) != 0) return rank(a) <=> rank(b);
  if (IsNegative(a) != IsNegative(b)) return IsNegative(b) <=> IsNegative(a);
  if (IsNegative(a)) return CompareNumerics(b.substr(1), a.substr(1));
  const size_t a_whole = std::min(a.find('.'), a.size()), b_whole = std::min(b.find('.'), b.size());
  if (a_whole != b_whole) return a_whole <=> b_whole;
  return NumericKey(a).compare(NumericKey(b)) <=> 0;
}

std::string_view NumericKey(std::string_view a) {
  if (a.find('.') == std::string_view::npos) return a;
  while (a.back() == '0') a.remove_suffix(1);
  if (a.back() == '.') a.remove_suffix(1);
  return a;
}

std::string AddNumerics(std::string_view a, std::string_view b) {
  int64_t x = 0, y = 0;
  int scale = 0;
  if (AlignSmall(a, b, x, y, scale) && !__builtin_add_overflow(x, y, &x)) return WriteSmall(x, scale);
  if (IsSpecial(a) || IsSpecial(b)) {
    if (a == "NaN" || b == "NaN") return "NaN";
    if (IsSpecial(a) && IsSpecial(b) && a != b) return "NaN";
    return std::string(IsSpecial(a) ? a : b);
  }
  return AddSigned(a, b, false);
}

std::string SubtractNumerics(std::string_view a, std::string_view b) {
  int64_t x = 0, y = 0;
  int scale = 0;
  if (AlignSmall(a, b, x, y, scale) && !__builtin_sub_overflow(x, y, &x)) return WriteSmall(x, scale);
  if (IsSpecial(a) || IsSpecial(b)) return AddNumerics(a, NegateNumeric(b));
  return AddSigned(a, b, true);
}

std::string MultiplyNumerics(std::string_view a, std::string_view b) {
  int64_t x = 0, y = 0;
  int x_scale = 0, y_scale = 0;
  if (ReadSmall(a, x, x_scale) && ReadSmall(b, y, y_scale) && !__builtin_mul_overflow(x, y, &x))
    return WriteSmall(x, x_scale + y_scale);
  if (IsSpecial(a) || IsSpecial(b)) {
    if (a == "NaN" || b == "NaN" || IsZero(a) || IsZero(b)) return "NaN";
    return IsNegative(a) != IsNegative(b) ? "-Infinity" : "Infinity";
  }
  const Decimal p = Read(a), q = Read(b);
  Decimal out{p.negative != q.negative, p.scale + q.scale,
              DigitsFromLimbs(MultiplyLimbs(LimbsFromDigits(p.digits), LimbsFromDigits(q.digits)))};
  if (out.scale > kMaxNumericScale) Rescale(out, kMaxNumericScale, true);
  return Write(out);
}

std::string DivideNumerics(std::string_view a, std::string_view b) {
  if (IsSpecial(a) || IsSpecial(b)) {
    if (a == "NaN" || b == "NaN" || (IsSpecial(a) && IsSpecial(b))) return "NaN";
    if (IsSpecial(b)) return "0";
    if (IsZero(b)) ThrowDivision();
    return IsNegative(a) != IsNegative(b) ? "-Infinity" : "Infinity";
  }
  const Decimal x = Read(a), y = Read(b);
  if (y.digits.empty()) ThrowDivision();
  const int scale = DivisionScale(x, y);
  const int power = scale + y.scale - x.scale;
  const Limbs divisor = Scaled(y.digits, std::max(-power, 0));
  Limbs rest;
  Limbs quotient = DivideLimbs(Scaled(x.digits, std::max(power, 0)), divisor, rest);
  if (CompareLimbs(AddLimbs(rest, rest), divisor) >= 0) quotient = AddLimbs(quotient, {1});
  return Write({x.negative != y.negative, scale, DigitsFromLimbs(quotient)});
}

std::string RemainderNumerics(std::string_view a, std::string_view b) {
  if (IsSpecial(a) || IsSpecial(b)) {
    if (a == "NaN" || b == "NaN") return "NaN";
    if (IsSpecial(a)) {
      if (IsZero(b)) ThrowDivision();
      return "NaN";
    }
    return std::string(a);
  }
  Decimal quotient, remainder;
  DivideWhole(a, b, quotient, remainder);
  return Write(remainder);
}

std::string QuotientNumerics(std::string_view a, std::string_view b) {
  if (IsSpecial(a) || IsSpecial(b)) return DivideNumerics(a, b);
  Decimal quotient, remainder;
  DivideWhole(a, b, quotient, remainder);
  return Write(quotient);
}

std::string NegateNumeric(std::string_view a) {
  if (a == "NaN" || IsZero(a)) return std::string(a);
  return IsNegative(a) ? std::string(a.substr(1)) : "-" + std::string(a);
}

std::string RoundNumeric(std::string_view a, int scale) {
  if (IsSpecial(a)) return std::string(a);
  Decimal value = Read(a);
  Rescale(value, std::clamp(scale, -kMaxNumericWeight, kMaxNumericScale), true);
  if (value.scale < 0) Rescale(value, 0, false);
  return Write(value);
}

std::string TruncateNumeric(std::string_view a, int scale) {
  if (IsSpecial(a)) return std::string(a);
  Decimal value = Read(a);
  Rescale(value, std::clamp(scale, -kMaxNumericWeight, kMaxNumericScale), false);
  if (value.scale < 0) Rescale(value, 0, false);
  return Write(value);
}

std::string FloorNumeric(std::string_view a) {
  const std::string whole = TruncateNumeric(a, 0);
  return IsNegative(a) && CompareNumerics(whole, a) != 0 ? SubtractNumerics(whole, "1") : whole;
}

std::string CeilNumeric(std::string_view a) { return NegateNumeric(FloorNumeric(NegateNumeric(a))); }

std::string SqrtNumeric(std::string_view a) {
  if (a == "NaN" || a == "Infinity") return std::string(a);
  if (IsNegative(a))
    throw Error(ErrorCode::kInvalidArgument, "cannot take square root of a negative number").WithSqlState("2201F");
  const Decimal x = Read(a);
  int weight = 0, first = 0;
  WeightOf(x, weight, first);
  const int scale = std::min(std::max({16 - ((weight + 1) * 2 - 1), x.scale, 0}), 1000);
  if (x.digits.empty()) return Write({false, scale, {}});
  // One digit more than asked for decides the rounding: the root of a whole number never lies exactly between.
  const Limbs square = Scaled(x.digits, 2 * (scale + 1) - x.scale);
  Limbs root = Scaled("1", static_cast<int>(DigitsFromLimbs(square).size() + 2) / 2);
  for (;;) {
    Limbs rest, unused;
    const Limbs next = DivideLimbs(AddLimbs(root, DivideLimbs(square, root, rest)), {2}, unused);
    if (CompareLimbs(next, root) >= 0) break;
    root = next;
  }
  Decimal out{false, scale + 1, DigitsFromLimbs(root)};
  Rescale(out, scale, true);
  return Write(out);
}

std::string FitNumeric(std::string_view a, int precision, int scale) {
  if (a == "NaN") return "NaN";
  std::string out = IsSpecial(a) ? std::string(a) : RoundNumeric(a, scale);
  const Decimal value = IsSpecial(a) ? Decimal{} : Read(out);
  if (IsSpecial(a) || static_cast<int>(value.digits.size()) - value.scale > precision - scale) {
    throw Error(ErrorCode::kNumericOutOfRange, "numeric field overflow",
                fmt::format("a field with precision {}, scale {} must round to an absolute value less than 10^{}",
                            precision, scale, precision - scale));
  }
  return out;
}

int NumericScale(std::string_view a) {
  const size_t point = a.find('.');
  return point == std::string_view::npos ? 0 : static_cast<int>(a.size() - point - 1);
}

std::string NumericFromInt(int64_t value) { return fmt::to_string(value); }

std::string NumericFromDouble(double value, int digits) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return *ParseNumeric(fmt::format("{:.{}g}", value, digits));
}

std::optional<int64_t> NumericToInt(std::string_view a) {
  if (IsSpecial(a)) return std::nullopt;
  const std::string whole = RoundNumeric(a, 0);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

double NumericToDouble(std::string_view a) {
  if (a == "NaN") return std::nan("");
  if (IsSpecial(a)) return IsNegative(a) ? -HUGE_VAL : HUGE_VAL;
  double value = 0;
  const auto [end, error] = std::from_chars(a.data(), a.data() + a.size(), value);
  if (error != std::errc()) {
    throw Error(ErrorCode::kNumericOutOfRange,
                fmt::format("\"{}\" is out of range for type double precision", a.substr(0, 100)));
  }
  return value;
}

}  // namespace rem

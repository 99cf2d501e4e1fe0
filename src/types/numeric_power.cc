#include "types/numeric_power.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <rem/error.h>

#include "types/big_decimal.h"
#include "types/numeric.h"

namespace rem {

namespace {

constexpr int kLimbDigits = 9;
constexpr int kSignificant = 16;  ///< Digits that a result has at least.
constexpr int kMaxScale = 1000;
constexpr double kLog10OfE = 0.434294481903252;
/// Digits that an exact power may have; a longer one is computed by logarithms.
constexpr double kMaxExactDigits = 20'000;

[[noreturn]] void ThrowOverflow() { throw Error(ErrorCode::kNumericOutOfRange, "value overflows numeric format"); }
[[noreturn]] void ThrowLogarithm(bool zero) {
  throw Error(ErrorCode::kInvalidArgument,
              zero ? "cannot take logarithm of zero" : "cannot take logarithm of a negative number")
      .WithSqlState("2201E");
}
bool IsSpecial(std::string_view a) { return a.find_first_of("NI") != std::string_view::npos; }

/// digits * 10^-scale; digits without zeros in front.
struct Number {
  bool negative = false;
  std::string digits;
  int scale = 0;

  explicit Number(std::string_view text) {
    if (text.starts_with('-')) {
      negative = true;
      text.remove_prefix(1);
    }
    for (const char c : text) {
      if (c != '.') digits.push_back(c);
    }
    scale = NumericScale(text);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  }
  bool zero() const { return digits.empty(); }
  /// Of the first digit.
  int exponent() const { return static_cast<int>(digits.size()) - scale - 1; }
  /// Of the first `count` digits.
  double Log10(size_t count = 16) const {
    const std::string first = digits.substr(0, count);
    return std::log10(std::strtod(first.c_str(), nullptr)) + exponent() - static_cast<double>(first.size()) + 1;
  }
  bool whole() const {
    return digits.empty() || scale == 0 ||
           digits.find_last_not_of('0') + 1 + static_cast<size_t>(scale) <= digits.size();
  }
};

int Clamp(int scale) { return std::min(std::max(scale, 0), kMaxScale); }

// The decimal weight of ln(x), estimated from what PostgreSQL looks at: its first one or two digits to the base 10000.
int LnWeight(std::string_view text) {
  const Number x(text);
  if (x.zero() || x.negative) return 0;
  if (CompareNumerics(text, "0.9") >= 0 && CompareNumerics(text, "1.1") <= 0) {
    const Number rest(SubtractNumerics(text, "1"));
    return rest.zero() ? 0 : rest.exponent();
  }
  const int exponent = x.exponent();
  const int weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
  const double ln = x.Log10(static_cast<size_t>(exponent - weight * 4 + 1 + 4)) * 2.302585092994046;
  return static_cast<int>(std::log10(std::fabs(ln)));
}

// ---- Fixed point: numbers of `limbs` limbs behind the point, cut and not rounded; a few limbs more than needed make
// up for it. ----

class FixedPoint {
 public:
  explicit FixedPoint(int digits) : limbs_(static_cast<size_t>(digits / kLimbDigits + 3)) {}

  struct Signed {
    bool negative = false;
    Limbs size;
  };

  Limbs One() const { return Shifted({1}); }
  Limbs From(const Number& x) const {
    std::string digits = x.digits;
    const int zeros = static_cast<int>(limbs_) * kLimbDigits - x.scale;
    if (zeros >= 0) {
      digits.append(static_cast<size_t>(zeros), '0');
    } else {
      digits.resize(digits.size() > static_cast<size_t>(-zeros) ? digits.size() - static_cast<size_t>(-zeros) : 0);
    }
    return LimbsFromDigits(digits);
  }
  Limbs Multiply(const Limbs& a, const Limbs& b) const {
    Limbs product = MultiplyLimbs(a, b);
    product.erase(product.begin(), product.begin() + static_cast<std::ptrdiff_t>(std::min(limbs_, product.size())));
    return product;
  }
  Limbs Divide(const Limbs& a, const Limbs& b) const {
    Limbs rest;
    return DivideLimbs(Shifted(a), b, rest);
  }
  static Limbs DivideBy(const Limbs& a, uint32_t b) {
    Limbs rest;
    return DivideLimbs(a, {b}, rest);
  }

  // e^x: halved until it is small, summed up as a series, squared again.
  Limbs Exp(Limbs x, double size) const {
    int halvings = 0;
    for (; size > 0.01; size /= 2) {
      x = DivideBy(x, 2);
      ++halvings;
    }
    Limbs sum = One(), term = One();
    for (uint32_t i = 1; !term.empty(); ++i) {
      term = DivideBy(Multiply(term, x), i);
      sum = AddLimbs(sum, term);
    }
    for (int i = 0; i < halvings; ++i) sum = Multiply(sum, sum);
    return sum;
  }

  // ln(x) = e ln 10 + j ln 2 + ln(f) with f near 1.
  Signed Ln(const Number& x) const {
    Number mantissa = x;
    mantissa.scale = static_cast<int>(x.digits.size()) - 1;
    Limbs f = From(mantissa);
    int twos = 0;
    const Limbs limit = DivideBy(MultiplyLimbs(One(), {14}), 10);
    for (; CompareLimbs(f, limit) > 0; ++twos) f = DivideBy(f, 2);
    const Limbs one = One();
    Signed sum;
    sum.negative = CompareLimbs(f, one) < 0;
    const Limbs distance = sum.negative ? SubtractLimbs(one, f) : SubtractLimbs(f, one);
    sum.size = Double(ArTanh(Divide(distance, AddLimbs(f, one))));
    const Limbs ln2 = Double(ArTanh(DivideBy(one, 3)));
    const Limbs ln10 = AddLimbs(MultiplyLimbs(ln2, {3}), Double(ArTanh(DivideBy(one, 9))));
    sum = Add(sum, {false, MultiplyLimbs(ln2, Small(twos))});
    const int tens = x.exponent();
    return Add(sum, {tens < 0, MultiplyLimbs(ln10, Small(std::abs(tens)))});
  }

  std::string Text(const Limbs& a, bool negative, int scale) const {
    std::string digits = DigitsFromLimbs(a);
    const size_t places = limbs_ * kLimbDigits;
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, ".");
    const std::string out = RoundNumeric(digits, scale);
    return negative ? NegateNumeric(out) : out;
  }

 private:
  Limbs Shifted(const Limbs& a) const {
    if (a.empty()) return a;
    Limbs out(limbs_, 0);
    out.insert(out.end(), a.begin(), a.end());
    return out;
  }
  static Limbs Small(int value) { return value == 0 ? Limbs{} : Limbs{static_cast<uint32_t>(value)}; }
  static Limbs Double(const Limbs& a) { return AddLimbs(a, a); }
  static Signed Add(const Signed& a, const Signed& b) {
    if (a.negative == b.negative) return {a.negative, AddLimbs(a.size, b.size)};
    if (CompareLimbs(a.size, b.size) >= 0) return {a.negative, SubtractLimbs(a.size, b.size)};
    return {b.negative, SubtractLimbs(b.size, a.size)};
  }
  Limbs ArTanh(const Limbs& z) const {
    const Limbs square = Multiply(z, z);
    Limbs sum = z, power = z;
    for (uint32_t i = 3; !power.empty(); i += 2) {
      power = Multiply(power, square);
      sum = AddLimbs(sum, DivideBy(power, i));
    }
    return sum;
  }

  size_t limbs_;
};

// e^x to `scale` digits behind the point, for an x whose double is `size`.
std::string ExpTo(const std::string& x, double size, int scale) {
  if (std::fabs(size) >= 6000) {
    if (size > 0) ThrowOverflow();
    return RoundNumeric("0", scale);
  }
  const int weight = static_cast<int>(std::fabs(size) * kLog10OfE) + 1;
  const FixedPoint fixed(scale + 2 * weight + 30);
  const Number number(x);
  const Limbs power = fixed.Exp(fixed.From(number), std::fabs(size));
  return fixed.Text(number.negative ? fixed.Divide(fixed.One(), power) : power, false, scale);
}

// An exact power: exponent at least 0, few digits.
std::string ExactPower(std::string_view base, int64_t exponent) {
  std::string result = "1", square(base);
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = MultiplyNumerics(result, square);
    if (exponent > 1) square = MultiplyNumerics(square, square);
  }
  return result;
}

// 1/a to `scale` digits, rounded half up.
std::string Inverse(std::string_view a, int scale) {
  const Number x(a);
  Limbs rest;
  const std::string one = "1" + std::string(static_cast<size_t>(std::max(0, scale + 1 + x.scale)), '0');
  std::string digits = DigitsFromLimbs(DivideLimbs(LimbsFromDigits(one), LimbsFromDigits(x.digits), rest));
  const auto places = static_cast<size_t>(scale) + 1;
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  const std::string out = RoundNumeric(digits, scale);
  return x.negative ? NegateNumeric(out) : out;
}

std::string ByLogarithm(std::string_view base, std::string_view exponent, int scale) {
  const Number x(base);
  const double size = NumericToDouble(exponent) * x.Log10() / kLog10OfE;
  if (size > 6100) ThrowOverflow();
  const int digits = scale + static_cast<int>(std::fabs(size)) + static_cast<int>(exponent.size()) + 40;
  const FixedPoint fixed(digits);
  const FixedPoint::Signed ln = fixed.Ln(x);
  const std::string product =
      MultiplyNumerics(RoundNumeric(fixed.Text(ln.size, ln.negative, digits), digits), exponent);
  return ExpTo(RoundNumeric(product, digits), NumericToDouble(RoundNumeric(product, 20)), scale);
}

std::string WholePower(std::string_view base, int64_t exponent) {
  const Number x(base);
  const double weight = x.zero() ? 0 : static_cast<double>(exponent) * x.Log10();
  const int scale = Clamp(std::max(kSignificant, x.scale));
  if (weight > 32'767 * 4.0) ThrowOverflow();
  if (weight + 1 < -scale) return RoundNumeric("0", scale);
  if (exponent == 0) return RoundNumeric("1", scale);
  if (x.zero()) {
    if (exponent < 0) throw Error(ErrorCode::kDivisionByZero, "division by zero");
    return RoundNumeric("0", scale);
  }
  if (static_cast<double>(x.digits.size()) * std::fabs(static_cast<double>(exponent)) <= kMaxExactDigits) {
    const std::string power = ExactPower(base, std::abs(exponent));
    return exponent > 0 ? RoundNumeric(power, scale) : Inverse(power, scale);
  }
  const std::string positive = x.negative ? NegateNumeric(base) : std::string(base);
  const std::string power = ByLogarithm(positive, NumericFromInt(exponent), scale);
  return x.negative && exponent % 2 != 0 ? NegateNumeric(power) : power;
}

// Results are 0, 1 or infinite, so doubles do.
std::string SpecialPower(std::string_view base, std::string_view exponent) {
  if (base == "NaN") return exponent != "NaN" && Number(exponent).zero() && !IsSpecial(exponent) ? "1" : "NaN";
  if (exponent == "NaN") return !IsSpecial(base) && CompareNumerics(base, "1") == 0 ? "1" : "NaN";
  return NumericFromDouble(std::pow(NumericToDouble(base), NumericToDouble(exponent)), 15);
}

}  // namespace

std::string ExpNumeric(std::string_view a) {
  if (a == "-Infinity") return "0";
  if (IsSpecial(a)) return std::string(a);
  const double size = std::clamp(std::strtod(std::string(a).c_str(), nullptr), -1e6, 1e6);
  const int weight = static_cast<int>(std::clamp(size * kLog10OfE, -2000.0, 2000.0));
  return ExpTo(std::string(a), size, Clamp(std::max(kSignificant - weight, NumericScale(a))));
}

std::string LnNumeric(std::string_view a) {
  if (a == "-Infinity") ThrowLogarithm(false);
  if (IsSpecial(a)) return std::string(a);
  const Number x(a);
  if (x.zero() || x.negative) ThrowLogarithm(x.zero());
  const int scale = Clamp(std::max(kSignificant - LnWeight(a), x.scale));
  const FixedPoint fixed(scale + 20);
  const FixedPoint::Signed ln = fixed.Ln(x);
  return fixed.Text(ln.size, ln.negative, scale);
}

std::string LogNumeric(std::string_view base, std::string_view a) {
  if (base == "NaN" || a == "NaN") return "NaN";
  for (const std::string_view one : {base, a}) {
    if (one.starts_with('-')) ThrowLogarithm(false);
    if (!IsSpecial(one) && Number(one).zero()) ThrowLogarithm(true);
  }
  if (IsSpecial(a)) return IsSpecial(base) ? "NaN" : "Infinity";
  if (IsSpecial(base)) return "0";
  const Number x(a), b(base);
  const int scale = Clamp(std::max({kSignificant - (LnWeight(a) - LnWeight(base)), x.scale, b.scale}));
  const FixedPoint fixed(scale + 40 + std::abs(LnWeight(a)) + 2 * std::abs(LnWeight(base)));
  const FixedPoint::Signed numerator = fixed.Ln(x), denominator = fixed.Ln(b);
  if (denominator.size.empty()) throw Error(ErrorCode::kDivisionByZero, "division by zero");
  return fixed.Text(fixed.Divide(numerator.size, denominator.size), numerator.negative != denominator.negative, scale);
}

std::string Log10Numeric(std::string_view a) { return LogNumeric("10", a); }

std::string PowerNumeric(std::string_view base, std::string_view exponent) {
  if (IsSpecial(base) || IsSpecial(exponent)) return SpecialPower(base, exponent);
  const Number x(base), e(exponent);
  if (x.zero() && e.negative && !e.zero()) {
    throw Error(ErrorCode::kInvalidArgument, "zero raised to a negative power is undefined").WithSqlState("2201F");
  }
  if (x.negative && !e.whole()) {
    throw Error(ErrorCode::kInvalidArgument, "a negative number raised to a non-integer power yields a complex result")
        .WithSqlState("2201F");
  }
  if (const auto whole = e.whole() ? NumericToInt(exponent) : std::nullopt;
      whole && *whole >= INT32_MIN && *whole <= INT32_MAX)
    return WholePower(base, *whole);
  if (x.zero()) return RoundNumeric("0", kSignificant);
  if (e.whole()) {
    // An exponent past 32 bits: only 1, -1, overflow and underflow are left.
    const auto order = CompareNumerics(x.negative ? NegateNumeric(base) : std::string(base), "1");
    if (order == 0) return RoundNumeric("1", Clamp(std::max({kSignificant, x.scale, e.scale})));
  }
  const double size = std::strtod(std::string(exponent).c_str(), nullptr) * x.Log10() / kLog10OfE;
  if (std::fabs(size) > 2000 * 3.01) {
    if (size > 0) ThrowOverflow();
    return RoundNumeric("0", kMaxScale);
  }
  const int weight = static_cast<int>(size * kLog10OfE);
  const int scale = Clamp(std::max({kSignificant - weight, x.scale, e.scale}));
  return ByLogarithm(x.negative ? NegateNumeric(base) : std::string(base), exponent, scale);
}

}  // namespace rem

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rem {

// Exact decimal numbers. A numeric is held as its canonical text: an optional '-', digits without leading zeros (one 0
// before the point), and as many digits behind the point as its scale says: "-12.50". Or "NaN", "Infinity",
// "-Infinity". Scales and rounding (half away from zero) are PostgreSQL's. Errors: kNumericOutOfRange,
// kDivisionByZero, kInvalidArgument.

/// Most digits before and behind the point.
inline constexpr int kMaxNumericWeight = 131'072;
inline constexpr int kMaxNumericScale = 16'383;

/// Text with or without exponent to canonical text. nullopt when it is no number; Error when it is too large.
std::optional<std::string> ParseNumeric(std::string_view text);
/// NaN is greater than any number and equal to itself.
std::strong_ordering CompareNumerics(std::string_view a, std::string_view b);
/// The same text for equal numbers: without zeros at the end.
std::string_view NumericKey(std::string_view a);

std::string AddNumerics(std::string_view a, std::string_view b);
std::string SubtractNumerics(std::string_view a, std::string_view b);
std::string MultiplyNumerics(std::string_view a, std::string_view b);
std::string DivideNumerics(std::string_view a, std::string_view b);
/// The remainder has the sign of `a`.
std::string RemainderNumerics(std::string_view a, std::string_view b);
/// The whole part of the quotient.
std::string QuotientNumerics(std::string_view a, std::string_view b);
std::string NegateNumeric(std::string_view a);
/// To `scale` digits behind the point; a negative scale rounds digits before it.
std::string RoundNumeric(std::string_view a, int scale);
std::string TruncateNumeric(std::string_view a, int scale);
std::string FloorNumeric(std::string_view a);
std::string CeilNumeric(std::string_view a);
std::string SqrtNumeric(std::string_view a);
/// The cast to numeric(precision, scale).
std::string FitNumeric(std::string_view a, int precision, int scale);
/// Digits behind the point.
int NumericScale(std::string_view a);

std::string NumericFromInt(int64_t value);
/// 15 digits of a double, 6 of a real, as PostgreSQL casts them.
std::string NumericFromDouble(double value, int digits);
/// Rounded half away from zero; nullopt when it does not fit or is no number.
std::optional<int64_t> NumericToInt(std::string_view a);
double NumericToDouble(std::string_view a);

}  // namespace rem

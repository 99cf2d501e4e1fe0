#include "types/numeric.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "sql/functions/by_value.h"

namespace rem::sql {

namespace {

using enum LogicalType;

using Binary = std::string (*)(std::string_view, std::string_view);
using Unary = std::string (*)(std::string_view);

// Cells of a numeric are its canonical text.
template <Binary F>
void MapNumerics(KernelCall& call) {
  const Argument<std::string_view> a(call, 0), b(call, 1);
  std::string_view* out = call.out->data<std::string_view>();
  ForEachRow(call, [&](size_t row) {
    if (call.failure->failed) return;
    try {
      out[row] = call.out->arena().Copy(F(a[row], b[row]));
    } catch (const Error& error) {
      call.failure->Set(row, error);
    }
  });
}
template <Unary F>
void MapNumeric(KernelCall& call) {
  const Argument<std::string_view> a(call, 0);
  std::string_view* out = call.out->data<std::string_view>();
  ForEachRow(call, [&](size_t row) {
    if (call.failure->failed) return;
    try {
      out[row] = call.out->arena().Copy(F(a[row]));
    } catch (const Error& error) {
      call.failure->Set(row, error);
    }
  });
}

std::string Same(std::string_view a) { return std::string(a); }
std::string Absolute(std::string_view a) { return a.starts_with('-') ? NegateNumeric(a) : std::string(a); }
std::string Sign(std::string_view a) {
  if (a == "NaN") return "NaN";
  const auto order = CompareNumerics(a, "0");
  return order < 0 ? "-1" : order > 0 ? "1" : "0";
}
std::string Round(std::string_view a) { return RoundNumeric(a, 0); }
std::string Truncate(std::string_view a) { return TruncateNumeric(a, 0); }

Value Numeric(std::string text) { return Value::OfText(kNumeric, std::move(text)); }
int Places(const Value& value) { return static_cast<int>(std::clamp<int64_t>(value.AsInt(), -2000, 2000)); }
Value RoundTo(const Value* a, size_t, LogicalType) { return Numeric(RoundNumeric(a[0].AsNumeric(), Places(a[1]))); }
Value TruncateTo(const Value* a, size_t, LogicalType) {
  return Numeric(TruncateNumeric(a[0].AsNumeric(), Places(a[1])));
}
Value Scale(const Value* a, size_t, LogicalType type) {
  if (a[0].AsNumeric().find_first_of("NI") != std::string::npos) return Value();
  return Value::OfInt(type, NumericScale(a[0].AsNumeric()));
}
Value TrimScale(const Value* a, size_t, LogicalType) { return Numeric(std::string(NumericKey(a[0].AsNumeric()))); }
Value Factorial(const Value* a, size_t, LogicalType) {
  const int64_t n = a[0].AsInt();
  if (n < 0) throw Error(ErrorCode::kNumericOutOfRange, "factorial of a negative number is undefined");
  if (n > 5000) throw Error(ErrorCode::kNumericOutOfRange, "value overflows numeric format");
  std::string product = "1";
  for (int64_t i = 2; i <= n; ++i) product = MultiplyNumerics(product, NumericFromInt(i));
  return Numeric(product);
}

uint64_t Magnitude(int64_t a) { return a < 0 ? 0 - static_cast<uint64_t>(a) : static_cast<uint64_t>(a); }
void Gcd(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  const uint64_t gcd = std::gcd(Magnitude(a), Magnitude(b));
  if (gcd > INT64_MAX) return call.failure->Set(row, ErrorCode::kNumericOutOfRange, "bigint out of range");
  out = static_cast<int64_t>(gcd);
}
void Lcm(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  out = 0;
  if (a == 0 || b == 0) return;
  const uint64_t gcd = std::gcd(Magnitude(a), Magnitude(b));
  uint64_t lcm = 0;
  if (__builtin_mul_overflow(Magnitude(a) / gcd, Magnitude(b), &lcm) || lcm > INT64_MAX)
    return call.failure->Set(row, ErrorCode::kNumericOutOfRange, "bigint out of range");
  out = static_cast<int64_t>(lcm);
}

double Cbrt(double a) { return std::cbrt(a); }
double Degrees(double a) { return a * (180 / std::numbers::pi); }
double Radians(double a) { return a * (std::numbers::pi / 180); }
double Pi() { return std::numbers::pi; }
double Sin(double a) { return std::sin(a); }
double Cos(double a) { return std::cos(a); }
double Tan(double a) { return std::tan(a); }
double Cot(double a) { return 1 / std::tan(a); }
double Atan(double a) { return std::atan(a); }
double Atan2(double a, double b) { return std::atan2(a, b); }
double Sinh(double a) { return std::sinh(a); }
double Cosh(double a) { return std::cosh(a); }
double Tanh(double a) { return std::tanh(a); }
template <auto F>
void Inverse(KernelCall& call, size_t row, double a, double& out) {
  if (a < -1 || a > 1) return call.failure->Set(row, ErrorCode::kNumericOutOfRange, "input is out of range");
  out = F(a);
}
double Asin(double a) { return std::asin(a); }
double Acos(double a) { return std::acos(a); }

// These are refused rather than computed with fewer digits than PostgreSQL's.
void RefuseNumeric(KernelCall& call) {
  ForEachRow(call, [&](size_t row) {
    call.failure->Set(row, ErrorCode::kNotSupported,
                      "not supported yet: powers, exponentials and logarithms of numeric",
                      "cast the argument to double precision");
  });
}

}  // namespace

void AddNumericFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel) {
    out.push_back({name, std::move(arguments), result, kernel});
  };
  add("+", {kNumeric, kNumeric}, kNumeric, MapNumerics<AddNumerics>);
  add("-", {kNumeric, kNumeric}, kNumeric, MapNumerics<SubtractNumerics>);
  add("*", {kNumeric, kNumeric}, kNumeric, MapNumerics<MultiplyNumerics>);
  add("/", {kNumeric, kNumeric}, kNumeric, MapNumerics<DivideNumerics>);
  add("%", {kNumeric, kNumeric}, kNumeric, MapNumerics<RemainderNumerics>);
  add("mod", {kNumeric, kNumeric}, kNumeric, MapNumerics<RemainderNumerics>);
  add("div", {kNumeric, kNumeric}, kNumeric, MapNumerics<QuotientNumerics>);
  add("-", {kNumeric}, kNumeric, MapNumeric<NegateNumeric>);
  add("+", {kNumeric}, kNumeric, MapNumeric<Same>);
  add("abs", {kNumeric}, kNumeric, MapNumeric<Absolute>);
  add("sign", {kNumeric}, kNumeric, MapNumeric<Sign>);
  add("round", {kNumeric}, kNumeric, MapNumeric<Round>);
  add("trunc", {kNumeric}, kNumeric, MapNumeric<Truncate>);
  add("floor", {kNumeric}, kNumeric, MapNumeric<FloorNumeric>);
  add("ceil", {kNumeric}, kNumeric, MapNumeric<CeilNumeric>);
  add("ceiling", {kNumeric}, kNumeric, MapNumeric<CeilNumeric>);
  add("sqrt", {kNumeric}, kNumeric, MapNumeric<SqrtNumeric>);
  add("round", {kNumeric, kInteger}, kNumeric, ByValue<RoundTo>);
  add("trunc", {kNumeric, kInteger}, kNumeric, ByValue<TruncateTo>);
  add("scale", {kNumeric}, kInteger, ByValue<Scale>);
  add("trim_scale", {kNumeric}, kNumeric, ByValue<TrimScale>);
  add("factorial", {kInt}, kNumeric, ByValue<Factorial>);
  for (const std::string_view name : {"exp", "ln", "log", "log10"}) add(name, {kNumeric}, kNumeric, RefuseNumeric);
  for (const std::string_view name : {"power", "pow", "^", "log"})
    add(name, {kNumeric, kNumeric}, kNumeric, RefuseNumeric);
  add("gcd", {kInt, kInt}, kInt, MapFull<Gcd, int64_t, int64_t, int64_t>);
  add("lcm", {kInt, kInt}, kInt, MapFull<Lcm, int64_t, int64_t, int64_t>);
  add("cbrt", {kDouble}, kDouble, Map<Cbrt, double, double>);
  add("degrees", {kDouble}, kDouble, Map<Degrees, double, double>);
  add("radians", {kDouble}, kDouble, Map<Radians, double, double>);
  add("pi", {}, kDouble, Map<Pi, double>);
  add("sin", {kDouble}, kDouble, Map<Sin, double, double>);
  add("cos", {kDouble}, kDouble, Map<Cos, double, double>);
  add("tan", {kDouble}, kDouble, Map<Tan, double, double>);
  add("cot", {kDouble}, kDouble, Map<Cot, double, double>);
  add("asin", {kDouble}, kDouble, MapFull<Inverse<Asin>, double, double>);
  add("acos", {kDouble}, kDouble, MapFull<Inverse<Acos>, double, double>);
  add("atan", {kDouble}, kDouble, Map<Atan, double, double>);
  add("atan2", {kDouble, kDouble}, kDouble, Map<Atan2, double, double, double>);
  add("sinh", {kDouble}, kDouble, Map<Sinh, double, double>);
  add("cosh", {kDouble}, kDouble, Map<Cosh, double, double>);
  add("tanh", {kDouble}, kDouble, Map<Tanh, double, double>);
}

}  // namespace rem::sql

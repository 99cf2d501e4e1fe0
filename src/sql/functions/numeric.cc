#include "types/numeric.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "sql/functions/by_value.h"
#include "types/compare.h"
#include "types/numeric_power.h"

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

template <auto Operation>
void NarrowDivisor(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  Operation(call, row, a, b, out);
  if (out > INT32_MAX) call.failure->Set(row, ErrorCode::kNumericOutOfRange, "integer out of range");
}
bool IsSpecialNumeric(std::string_view a) { return a.find_first_of("NI") != std::string_view::npos; }
std::string GcdNumerics(std::string_view a, std::string_view b) {
  if (IsSpecialNumeric(a) || IsSpecialNumeric(b)) return "NaN";
  const int scale = std::max(NumericScale(a), NumericScale(b));
  std::string x = Absolute(a), y = Absolute(b);
  while (CompareNumerics(y, "0") != 0) {
    std::string rest = RemainderNumerics(x, y);
    x = std::move(y);
    y = std::move(rest);
  }
  return RoundNumeric(x, scale);
}
std::string LcmNumerics(std::string_view a, std::string_view b) {
  if (IsSpecialNumeric(a) || IsSpecialNumeric(b)) return "NaN";
  const int scale = std::max(NumericScale(a), NumericScale(b));
  const std::string gcd = GcdNumerics(a, b);
  if (CompareNumerics(a, "0") == 0 || CompareNumerics(b, "0") == 0) return RoundNumeric("0", scale);
  return RoundNumeric(Absolute(MultiplyNumerics(QuotientNumerics(a, gcd), b)), scale);
}
Value MinScale(const Value* a, size_t, LogicalType type) {
  if (IsSpecialNumeric(a[0].AsNumeric())) return Value();
  return Value::OfInt(type, NumericScale(NumericKey(a[0].AsNumeric())));
}

[[noreturn]] void ThrowBucket(const char* message) {
  throw Error(ErrorCode::kInvalidArgument, message).WithSqlState("2201G");
}
int64_t CheckedBuckets(int64_t count) {
  if (count <= 0) ThrowBucket("count must be greater than zero");
  return count;
}
Value WidthBucket(const Value* a, size_t, LogicalType type) {
  const double operand = a[0].AsDouble(), low = a[1].AsDouble(), high = a[2].AsDouble();
  const int64_t count = CheckedBuckets(a[3].AsInt());
  if (std::isnan(operand) || std::isnan(low) || std::isnan(high))
    ThrowBucket("operand, lower bound, and upper bound cannot be NaN");
  if (std::isinf(low) || std::isinf(high)) ThrowBucket("lower and upper bounds must be finite");
  if (low == high) ThrowBucket("lower bound cannot equal upper bound");
  const bool down = low > high;
  int64_t bucket = 0;
  if (down ? operand > low : operand < low) {
    bucket = 0;
  } else if (down ? operand <= high : operand >= high) {
    bucket = count + 1;
  } else {
    bucket = static_cast<int64_t>(static_cast<double>(count) * ((operand - low) / (high - low))) + 1;
    bucket = std::min(bucket, count);
  }
  if (bucket > INT32_MAX) throw Error(ErrorCode::kNumericOutOfRange, "integer out of range");
  return Value::OfInt(type, bucket);
}
Value NumericWidthBucket(const Value* a, size_t, LogicalType type) {
  const std::string &operand = a[0].AsNumeric(), &low = a[1].AsNumeric(), &high = a[2].AsNumeric();
  const int64_t count = CheckedBuckets(a[3].AsInt());
  if (operand == "NaN" || low == "NaN" || high == "NaN")
    ThrowBucket("operand, lower bound, and upper bound cannot be NaN");
  if (IsSpecialNumeric(low) || IsSpecialNumeric(high)) ThrowBucket("lower and upper bounds must be finite");
  if (CompareNumerics(low, high) == 0) ThrowBucket("lower bound cannot equal upper bound");
  const bool down = CompareNumerics(low, high) > 0;
  const auto from_low = CompareNumerics(operand, low), from_high = CompareNumerics(operand, high);
  if (down ? from_low > 0 : from_low < 0) return Value::OfInt(type, 0);
  if (down ? from_high <= 0 : from_high >= 0) {
    if (count == INT32_MAX) throw Error(ErrorCode::kNumericOutOfRange, "integer out of range");
    return Value::OfInt(type, count + 1);
  }
  const std::string part = MultiplyNumerics(SubtractNumerics(operand, low), NumericFromInt(count));
  return Value::OfInt(type, *NumericToInt(QuotientNumerics(part, SubtractNumerics(high, low))) + 1);
}
// How many of the ascending bounds are not above the operand.
Value BucketOfBounds(const Value* a, size_t, LogicalType type) {
  const auto& bounds = a[1].AsArray();
  for (const Value& bound : bounds) {
    if (bound.IsNull())
      throw Error(ErrorCode::kInvalidArgument, "thresholds array must not contain NULLs").WithSqlState("22004");
  }
  const auto above = std::upper_bound(bounds.begin(), bounds.end(), a[0],
                                      [](const Value& x, const Value& y) { return CompareValues(x, y) < 0; });
  return Value::OfInt(type, above - bounds.begin());
}

double Asinh(double a) { return std::asinh(a); }
void Acosh(KernelCall& call, size_t row, double a, double& out) {
  if (a < 1) return call.failure->Set(row, ErrorCode::kNumericOutOfRange, "input is out of range");
  out = std::acosh(a);
}
void Atanh(KernelCall& call, size_t row, double a, double& out) {
  if (a < -1 || a > 1) return call.failure->Set(row, ErrorCode::kNumericOutOfRange, "input is out of range");
  out = std::atanh(a);
}
double Cbrt(double a) { return std::cbrt(a); }
double Degrees(double a) { return a * (180 / std::numbers::pi); }
double Radians(double a) { return a * (std::numbers::pi / 180); }
double Pi() { return std::numbers::pi; }
double Sin(double a) { return std::sin(a); }
double Cos(double a) { return std::cos(a); }
double Tan(double a) { return std::tan(a); }
double Cot(double a) { return 1 / std::tan(a); }
// A circle has no angle of infinity.
template <double (*F)(double)>
void OfFinite(KernelCall& call, size_t row, double a, double& out) {
  if (std::isinf(a)) return call.failure->Set(row, ErrorCode::kNumericOutOfRange, "input is out of range");
  out = F(a);
}
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

// Degrees: exact at multiples of 30, 45 and 60, where radians round.
constexpr double kDegree = std::numbers::pi / 180;
double SineTo30(double a) { return std::sin(a * kDegree) / std::sin(30 * kDegree) / 2; }
double CosineTo60(double a) { return 1 - (1 - std::cos(a * kDegree)) / (1 - std::cos(60 * kDegree)) / 2; }
double SineTo90(double a) { return a <= 30 ? SineTo30(a) : CosineTo60(90 - a); }
double CosineTo90(double a) { return a <= 60 ? CosineTo60(a) : SineTo30(90 - a); }

// The angle within the first quadrant, and the signs that sine and cosine get back.
struct Quadrant {
  double angle = 0;
  int sine = 1, cosine = 1;
};
Quadrant Reduce(double a) {
  Quadrant out{std::fmod(a, 360.0)};
  if (out.angle < 0) {
    out.angle = -out.angle;
    out.sine = -1;
  }
  if (out.angle > 180) {
    out.angle = 360 - out.angle;
    out.sine = -out.sine;
  }
  if (out.angle > 90) {
    out.angle = 180 - out.angle;
    out.cosine = -1;
  }
  return out;
}
double SineD(const Quadrant& q) { return q.sine * SineTo90(q.angle); }
double CosineD(const Quadrant& q) { return q.cosine * CosineTo90(q.angle); }
double TangentD(const Quadrant& q) {
  static const double at_45 = SineTo90(45) / CosineTo90(45);
  return q.sine * q.cosine * ((SineTo90(q.angle) / CosineTo90(q.angle)) / at_45) + 0.0;
}
double CotangentD(const Quadrant& q) {
  static const double at_45 = CosineTo90(45) / SineTo90(45);
  return q.sine * q.cosine * ((CosineTo90(q.angle) / SineTo90(q.angle)) / at_45) + 0.0;
}
template <double (*F)(const Quadrant&)>
void OfDegrees(KernelCall& call, size_t row, double a, double& out) {
  if (std::isnan(a)) {
    out = a;
  } else if (std::isinf(a)) {
    call.failure->Set(row, ErrorCode::kNumericOutOfRange, "input is out of range");
  } else {
    out = F(Reduce(a));
  }
}
double ArcSineTo1(double a) {
  return a <= 0.5 ? std::asin(a) / std::asin(0.5) * 30 : 90 - std::acos(a) / std::acos(0.5) * 60;
}
double ArcCosineTo1(double a) {
  return a <= 0.5 ? 90 - std::asin(a) / std::asin(0.5) * 30 : std::acos(a) / std::acos(0.5) * 60;
}
double AsinD(double a) { return a >= 0 ? ArcSineTo1(a) : -ArcSineTo1(-a); }
double AcosD(double a) { return a >= 0 ? ArcCosineTo1(a) : 90 + ArcSineTo1(-a); }
double AtanD(double a) { return std::atan(a) / std::atan(1.0) * 45; }
double Atan2D(double a, double b) { return std::atan2(a, b) / std::atan(1.0) * 45; }

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
  add("exp", {kNumeric}, kNumeric, MapNumeric<ExpNumeric>);
  add("ln", {kNumeric}, kNumeric, MapNumeric<LnNumeric>);
  for (const std::string_view name : {"log", "log10"}) add(name, {kNumeric}, kNumeric, MapNumeric<Log10Numeric>);
  add("log", {kNumeric, kNumeric}, kNumeric, MapNumerics<LogNumeric>);
  for (const std::string_view name : {"power", "pow", "^"})
    add(name, {kNumeric, kNumeric}, kNumeric, MapNumerics<PowerNumeric>);
  add("sind", {kDouble}, kDouble, MapFull<OfDegrees<SineD>, double, double>);
  add("cosd", {kDouble}, kDouble, MapFull<OfDegrees<CosineD>, double, double>);
  add("tand", {kDouble}, kDouble, MapFull<OfDegrees<TangentD>, double, double>);
  add("cotd", {kDouble}, kDouble, MapFull<OfDegrees<CotangentD>, double, double>);
  add("asind", {kDouble}, kDouble, MapFull<Inverse<AsinD>, double, double>);
  add("acosd", {kDouble}, kDouble, MapFull<Inverse<AcosD>, double, double>);
  add("atand", {kDouble}, kDouble, Map<AtanD, double, double>);
  add("atan2d", {kDouble, kDouble}, kDouble, Map<Atan2D, double, double, double>);
  add("gcd", {kInt, kInt}, kInt, MapFull<Gcd, int64_t, int64_t, int64_t>);
  add("lcm", {kInt, kInt}, kInt, MapFull<Lcm, int64_t, int64_t, int64_t>);
  add("@", {kNumeric}, kNumeric, MapNumeric<Absolute>);
  add("min_scale", {kNumeric}, kInteger, ByValue<MinScale>);
  for (const LogicalType type : {kDouble, kNumeric}) {
    const std::vector<LogicalType> bounds = {type, type, type, kInteger};
    add("width_bucket", bounds, kInteger, type == kDouble ? ByValue<WidthBucket> : ByValue<NumericWidthBucket>);
  }
  add("width_bucket", {kAnyElement, ArrayOf(kAnyElement)}, kInteger, ByValue<BucketOfBounds>);
  add("gcd", {kInteger, kInteger}, kInteger, MapFull<NarrowDivisor<Gcd>, int64_t, int64_t, int64_t>);
  add("lcm", {kInteger, kInteger}, kInteger, MapFull<NarrowDivisor<Lcm>, int64_t, int64_t, int64_t>);
  add("gcd", {kNumeric, kNumeric}, kNumeric, MapNumerics<GcdNumerics>);
  add("lcm", {kNumeric, kNumeric}, kNumeric, MapNumerics<LcmNumerics>);
  add("||/", {kDouble}, kDouble, Map<Cbrt, double, double>);
  add("asinh", {kDouble}, kDouble, Map<Asinh, double, double>);
  add("acosh", {kDouble}, kDouble, MapFull<Acosh, double, double>);
  add("atanh", {kDouble}, kDouble, MapFull<Atanh, double, double>);
  add("cbrt", {kDouble}, kDouble, Map<Cbrt, double, double>);
  add("degrees", {kDouble}, kDouble, Map<Degrees, double, double>);
  add("radians", {kDouble}, kDouble, Map<Radians, double, double>);
  add("pi", {}, kDouble, Map<Pi, double>);
  add("sin", {kDouble}, kDouble, MapFull<OfFinite<Sin>, double, double>);
  add("cos", {kDouble}, kDouble, MapFull<OfFinite<Cos>, double, double>);
  add("tan", {kDouble}, kDouble, MapFull<OfFinite<Tan>, double, double>);
  add("cot", {kDouble}, kDouble, MapFull<OfFinite<Cot>, double, double>);
  add("asin", {kDouble}, kDouble, MapFull<Inverse<Asin>, double, double>);
  add("acos", {kDouble}, kDouble, MapFull<Inverse<Acos>, double, double>);
  add("atan", {kDouble}, kDouble, Map<Atan, double, double>);
  add("atan2", {kDouble, kDouble}, kDouble, Map<Atan2, double, double, double>);
  add("sinh", {kDouble}, kDouble, Map<Sinh, double, double>);
  add("cosh", {kDouble}, kDouble, Map<Cosh, double, double>);
  add("tanh", {kDouble}, kDouble, Map<Tanh, double, double>);
}

}  // namespace rem::sql

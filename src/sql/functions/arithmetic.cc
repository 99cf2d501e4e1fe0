#include <cmath>

#include "sql/functions/map.h"

namespace rem::sql {

namespace {

using enum LogicalType;

void OutOfRange(KernelCall& call, size_t row) {
  call.failure->Set(row, ErrorCode::kNumericOutOfRange, "bigint out of range",
                    "cast an operand to double precision if an approximate result will do");
}
void DoubleOutOfRange(KernelCall& call, size_t row) {
  call.failure->Set(row, ErrorCode::kNumericOutOfRange, "value out of range: overflow or underflow");
}
void DividedByZero(KernelCall& call, size_t row) {
  call.failure->Set(row, ErrorCode::kDivisionByZero, "division by zero", "NULLIF(divisor, 0) makes such rows NULL");
}

void AddInts(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  if (__builtin_add_overflow(a, b, &out)) OutOfRange(call, row);
}
void SubtractInts(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  if (__builtin_sub_overflow(a, b, &out)) OutOfRange(call, row);
}
void MultiplyInts(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  if (__builtin_mul_overflow(a, b, &out)) OutOfRange(call, row);
}
void DivideInts(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  if (b == 0) return DividedByZero(call, row);
  if (b == -1) return SubtractInts(call, row, 0, a, out);
  out = a / b;
}
void RemainderInts(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  if (b == 0) return DividedByZero(call, row);
  out = b == -1 ? 0 : a % b;
}

// An infinite result of finite operands is an overflow, as in PostgreSQL.
template <typename F>
void CheckedDouble(KernelCall& call, size_t row, double a, double b, double& out, F operation) {
  out = operation(a, b);
  if (std::isinf(out) && !std::isinf(a) && !std::isinf(b)) [[unlikely]]
    DoubleOutOfRange(call, row);
}
void AddDoubles(KernelCall& call, size_t row, double a, double b, double& out) {
  CheckedDouble(call, row, a, b, out, [](double x, double y) { return x + y; });
}
void SubtractDoubles(KernelCall& call, size_t row, double a, double b, double& out) {
  CheckedDouble(call, row, a, b, out, [](double x, double y) { return x - y; });
}
void MultiplyDoubles(KernelCall& call, size_t row, double a, double b, double& out) {
  CheckedDouble(call, row, a, b, out, [](double x, double y) { return x * y; });
  if (out == 0 && a != 0 && b != 0) DoubleOutOfRange(call, row);
}
void DivideDoubles(KernelCall& call, size_t row, double a, double b, double& out) {
  if (b == 0 && !std::isnan(a)) return DividedByZero(call, row);
  CheckedDouble(call, row, a, b, out, [](double x, double y) { return x / y; });
  if (out == 0 && a != 0 && !std::isinf(b)) DoubleOutOfRange(call, row);
}
void NegateInt(KernelCall& call, size_t row, int64_t a, int64_t& out) { SubtractInts(call, row, 0, a, out); }
void AbsInt(KernelCall& call, size_t row, int64_t a, int64_t& out) {
  if (a < 0) return SubtractInts(call, row, 0, a, out);
  out = a;
}
double NegateDouble(double a) { return -a; }
double AbsDouble(double a) { return std::fabs(a); }
double FloorDouble(double a) { return std::floor(a); }
double CeilDouble(double a) { return std::ceil(a); }
double RoundDouble(double a) { return std::nearbyint(a); }
double TruncDouble(double a) { return std::trunc(a); }
double SignDouble(double a) { return a > 0 ? 1 : a < 0 ? -1 : a; }
int64_t SameInt(int64_t a) { return a; }
double SameDouble(double a) { return a; }

void SqrtDouble(KernelCall& call, size_t row, double a, double& out) {
  if (a < 0) return call.failure->Set(row, ErrorCode::kInvalidArgument, "cannot take square root of a negative number");
  out = std::sqrt(a);
}
void LnDouble(KernelCall& call, size_t row, double a, double& out) {
  if (a <= 0)
    return call.failure->Set(row, ErrorCode::kInvalidArgument, "cannot take logarithm of zero or a negative number");
  out = std::log(a);
}
void Log10Double(KernelCall& call, size_t row, double a, double& out) {
  if (a <= 0)
    return call.failure->Set(row, ErrorCode::kInvalidArgument, "cannot take logarithm of zero or a negative number");
  out = std::log10(a);
}
void ExpDouble(KernelCall& call, size_t row, double a, double& out) {
  out = std::exp(a);
  if (std::isfinite(a) && (std::isinf(out) || out == 0)) DoubleOutOfRange(call, row);
}
void PowerDouble(KernelCall& call, size_t row, double a, double b, double& out) {
  if (a == 0 && b < 0)
    return call.failure->Set(row, ErrorCode::kInvalidArgument, "zero raised to a negative power is undefined");
  if (a < 0 && std::isfinite(b) && b != std::floor(b)) {
    return call.failure->Set(row, ErrorCode::kInvalidArgument,
                             "a negative number raised to a non-integer power yields a complex result");
  }
  CheckedDouble(call, row, a, b, out, [](double x, double y) { return std::pow(x, y); });
}

}  // namespace

void AddArithmeticFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel) {
    out.push_back({name, std::move(arguments), result, kernel});
  };
  add("+", {kInt, kInt}, kInt, MapFull<AddInts, int64_t, int64_t, int64_t>);
  add("-", {kInt, kInt}, kInt, MapFull<SubtractInts, int64_t, int64_t, int64_t>);
  add("*", {kInt, kInt}, kInt, MapFull<MultiplyInts, int64_t, int64_t, int64_t>);
  add("/", {kInt, kInt}, kInt, MapFull<DivideInts, int64_t, int64_t, int64_t>);
  add("%", {kInt, kInt}, kInt, MapFull<RemainderInts, int64_t, int64_t, int64_t>);
  add("mod", {kInt, kInt}, kInt, MapFull<RemainderInts, int64_t, int64_t, int64_t>);
  add("+", {kDouble, kDouble}, kDouble, MapFull<AddDoubles, double, double, double>);
  add("-", {kDouble, kDouble}, kDouble, MapFull<SubtractDoubles, double, double, double>);
  add("*", {kDouble, kDouble}, kDouble, MapFull<MultiplyDoubles, double, double, double>);
  add("/", {kDouble, kDouble}, kDouble, MapFull<DivideDoubles, double, double, double>);
  add("^", {kDouble, kDouble}, kDouble, MapFull<PowerDouble, double, double, double>);
  add("power", {kDouble, kDouble}, kDouble, MapFull<PowerDouble, double, double, double>);
  add("-", {kInt}, kInt, MapFull<NegateInt, int64_t, int64_t>);
  add("-", {kDouble}, kDouble, Map<NegateDouble, double, double>);
  add("+", {kInt}, kInt, Map<SameInt, int64_t, int64_t>);
  add("+", {kDouble}, kDouble, Map<SameDouble, double, double>);
  add("abs", {kInt}, kInt, MapFull<AbsInt, int64_t, int64_t>);
  add("abs", {kDouble}, kDouble, Map<AbsDouble, double, double>);
  add("floor", {kDouble}, kDouble, Map<FloorDouble, double, double>);
  add("ceil", {kDouble}, kDouble, Map<CeilDouble, double, double>);
  add("ceiling", {kDouble}, kDouble, Map<CeilDouble, double, double>);
  add("round", {kDouble}, kDouble, Map<RoundDouble, double, double>);
  add("trunc", {kDouble}, kDouble, Map<TruncDouble, double, double>);
  add("sign", {kDouble}, kDouble, Map<SignDouble, double, double>);
  add("sqrt", {kDouble}, kDouble, MapFull<SqrtDouble, double, double>);
  add("ln", {kDouble}, kDouble, MapFull<LnDouble, double, double>);
  add("log", {kDouble}, kDouble, MapFull<Log10Double, double, double>);
  add("log10", {kDouble}, kDouble, MapFull<Log10Double, double, double>);
  add("exp", {kDouble}, kDouble, MapFull<ExpDouble, double, double>);
}

}  // namespace rem::sql

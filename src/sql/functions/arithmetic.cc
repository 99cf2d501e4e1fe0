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
  if (a < 0)
    return call.failure->Set(row, ErrorCode::kInvalidArgument, "cannot take square root of a negative number", {},
                             "2201F");
  out = std::sqrt(a);
}
std::string_view LogarithmError(double a) {
  return a == 0 ? "cannot take logarithm of zero" : "cannot take logarithm of a negative number";
}
void LnDouble(KernelCall& call, size_t row, double a, double& out) {
  if (a <= 0) return call.failure->Set(row, ErrorCode::kInvalidArgument, LogarithmError(a), {}, "2201E");
  out = std::log(a);
}
void Log10Double(KernelCall& call, size_t row, double a, double& out) {
  if (a <= 0) return call.failure->Set(row, ErrorCode::kInvalidArgument, LogarithmError(a), {}, "2201E");
  out = std::log10(a);
}
void ExpDouble(KernelCall& call, size_t row, double a, double& out) {
  out = std::exp(a);
  if (std::isfinite(a) && (std::isinf(out) || out == 0)) DoubleOutOfRange(call, row);
}
void PowerDouble(KernelCall& call, size_t row, double a, double b, double& out) {
  if (std::isnan(a) || std::isnan(b)) {
    out = a == 1 || b == 0 ? 1 : std::nan("");
    return;
  }
  if (a == 0 && b < 0)
    return call.failure->Set(row, ErrorCode::kInvalidArgument, "zero raised to a negative power is undefined", {},
                             "2201F");
  if (a < 0 && std::isfinite(b) && b != std::floor(b)) {
    return call.failure->Set(row, ErrorCode::kInvalidArgument,
                             "a negative number raised to a non-integer power yields a complex result", {}, "2201F");
  }
  CheckedDouble(call, row, a, b, out, [](double x, double y) { return std::pow(x, y); });
  if (out == 0 && a != 0 && std::isfinite(a) && std::isfinite(b)) DoubleOutOfRange(call, row);
}

// The result of an operation on bigints, as an integer or smallint.
template <auto Operation, int64_t low, int64_t high>
void Narrow(KernelCall& call, size_t row, int64_t a, int64_t b, int64_t& out) {
  Operation(call, row, a, b, out);
  if (out < low || out > high) [[unlikely]] {
    call.failure->Set(row, ErrorCode::kNumericOutOfRange,
                      high == INT16_MAX ? "smallint out of range" : "integer out of range",
                      "cast an operand to bigint");
  }
}
template <auto Operation, int64_t low, int64_t high>
void NarrowOne(KernelCall& call, size_t row, int64_t a, int64_t& out) {
  Operation(call, row, a, out);
  if (out > high) [[unlikely]] {
    call.failure->Set(row, ErrorCode::kNumericOutOfRange,
                      high == INT16_MAX ? "smallint out of range" : "integer out of range", "cast to bigint");
  }
}
template <auto Operation>
void Reals(KernelCall& call, size_t row, double a, double b, double& out) {
  Operation(call, row, a, b, out);
  const auto narrow = static_cast<float>(out);
  if ((std::isinf(narrow) && !std::isinf(out)) || (narrow == 0 && out != 0)) DoubleOutOfRange(call, row);
  out = narrow;
}

int64_t AndInts(int64_t a, int64_t b) { return a & b; }
int64_t OrInts(int64_t a, int64_t b) { return a | b; }
int64_t XorInts(int64_t a, int64_t b) { return a ^ b; }
int64_t NotInt(int64_t a) { return ~a; }
// The machine's shift: counts go by the type's width.
template <int bits>
int64_t ShiftLeft(int64_t a, int64_t b) {
  const auto shifted = static_cast<uint64_t>(a) << (static_cast<uint64_t>(b) % bits);
  return bits == 64 ? static_cast<int64_t>(shifted) : int64_t{static_cast<int32_t>(shifted)};
}
// C computes smallints as integers.
int64_t ShiftLeftSmall(int64_t a, int64_t b) { return static_cast<int16_t>(ShiftLeft<32>(a, b)); }
template <int bits>
int64_t ShiftRight(int64_t a, int64_t b) {
  return a >> (static_cast<uint64_t>(b) % bits);
}

template <int64_t low, int64_t high>
void AddNarrowInts(std::vector<Function>& out, LogicalType type) {
  const auto add = [&](std::string_view name, Kernel kernel) { out.push_back({name, {type, type}, type, kernel}); };
  add("+", MapFull<Narrow<AddInts, low, high>, int64_t, int64_t, int64_t>);
  add("-", MapFull<Narrow<SubtractInts, low, high>, int64_t, int64_t, int64_t>);
  add("*", MapFull<Narrow<MultiplyInts, low, high>, int64_t, int64_t, int64_t>);
  add("/", MapFull<Narrow<DivideInts, low, high>, int64_t, int64_t, int64_t>);
  add("%", MapFull<RemainderInts, int64_t, int64_t, int64_t>);
  add("mod", MapFull<RemainderInts, int64_t, int64_t, int64_t>);
  out.push_back({"-", {type}, type, MapFull<NarrowOne<NegateInt, low, high>, int64_t, int64_t>});
  out.push_back({"+", {type}, type, Map<SameInt, int64_t, int64_t>});
  out.push_back({"abs", {type}, type, MapFull<NarrowOne<AbsInt, low, high>, int64_t, int64_t>});
}

void AddBitOperators(std::vector<Function>& out, LogicalType type) {
  out.push_back({"&", {type, type}, type, Map<AndInts, int64_t, int64_t, int64_t>});
  out.push_back({"|", {type, type}, type, Map<OrInts, int64_t, int64_t, int64_t>});
  out.push_back({"#", {type, type}, type, Map<XorInts, int64_t, int64_t, int64_t>});
  out.push_back({"~", {type}, type, Map<NotInt, int64_t, int64_t>});
}

void AddReals(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, Kernel kernel) { out.push_back({name, {kReal, kReal}, kReal, kernel}); };
  add("+", MapFull<Reals<AddDoubles>, double, double, double>);
  add("-", MapFull<Reals<SubtractDoubles>, double, double, double>);
  add("*", MapFull<Reals<MultiplyDoubles>, double, double, double>);
  add("/", MapFull<Reals<DivideDoubles>, double, double, double>);
  out.push_back({"-", {kReal}, kReal, Map<NegateDouble, double, double>});
  out.push_back({"+", {kReal}, kReal, Map<SameDouble, double, double>});
  out.push_back({"abs", {kReal}, kReal, Map<AbsDouble, double, double>});
}

}  // namespace

void AddArithmeticFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel) {
    out.push_back({name, std::move(arguments), result, kernel});
  };
  AddNarrowInts<INT16_MIN, INT16_MAX>(out, kSmallInt);
  AddNarrowInts<INT32_MIN, INT32_MAX>(out, kInteger);
  AddReals(out);
  for (const LogicalType type : {kSmallInt, kInteger, kInt}) AddBitOperators(out, type);
  add("<<", {kSmallInt, kInteger}, kSmallInt, Map<ShiftLeftSmall, int64_t, int64_t, int64_t>);
  add(">>", {kSmallInt, kInteger}, kSmallInt, Map<ShiftRight<32>, int64_t, int64_t, int64_t>);
  add("<<", {kInteger, kInteger}, kInteger, Map<ShiftLeft<32>, int64_t, int64_t, int64_t>);
  add(">>", {kInteger, kInteger}, kInteger, Map<ShiftRight<32>, int64_t, int64_t, int64_t>);
  add("<<", {kInt, kInteger}, kInt, Map<ShiftLeft<64>, int64_t, int64_t, int64_t>);
  add(">>", {kInt, kInteger}, kInt, Map<ShiftRight<64>, int64_t, int64_t, int64_t>);
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
  add("pow", {kDouble, kDouble}, kDouble, MapFull<PowerDouble, double, double, double>);
  add("|/", {kDouble}, kDouble, MapFull<SqrtDouble, double, double>);
  add("-", {kInt}, kInt, MapFull<NegateInt, int64_t, int64_t>);
  add("-", {kDouble}, kDouble, Map<NegateDouble, double, double>);
  add("+", {kInt}, kInt, Map<SameInt, int64_t, int64_t>);
  add("+", {kDouble}, kDouble, Map<SameDouble, double, double>);
  add("abs", {kInt}, kInt, MapFull<AbsInt, int64_t, int64_t>);
  add("abs", {kDouble}, kDouble, Map<AbsDouble, double, double>);
  for (const LogicalType type : {kSmallInt, kInteger, kInt}) {
    const Kernel kernel = type == kInt ? Kernel(MapFull<AbsInt, int64_t, int64_t>)
                          : type == kInteger
                              ? Kernel(MapFull<NarrowOne<AbsInt, INT32_MIN, INT32_MAX>, int64_t, int64_t>)
                              : Kernel(MapFull<NarrowOne<AbsInt, INT16_MIN, INT16_MAX>, int64_t, int64_t>);
    add("@", {type}, type, kernel);
  }
  add("@", {kDouble}, kDouble, Map<AbsDouble, double, double>);
  add("@", {kReal}, kReal, Map<AbsDouble, double, double>);
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

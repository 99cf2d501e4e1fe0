#include "sql/functions/map.h"

namespace rem::sql {

namespace {

using enum LogicalType;

uint8_t NotBool(uint8_t a) { return a ^ 1; }

// JSON null inside a document counts as NULL only where a path reached it; see the "dynamic" expressions of the binder.
template <bool wanted>
void IsNull(KernelCall& call) {
  const Column& in = *call.in[0];
  uint8_t* out = call.out->data<uint8_t>();
  ForEachRow(call, [&](size_t row) { out[row] = in.IsNull(row) == wanted; });
}

enum class Test { kTrue, kNotTrue, kFalse, kNotFalse };

template <Test test>
void IsTruth(KernelCall& call) {
  const Column& in = *call.in[0];
  const Argument<uint8_t> cells(call, 0);
  uint8_t* out = call.out->data<uint8_t>();
  constexpr bool truth = test == Test::kTrue || test == Test::kNotTrue;
  constexpr bool positive = test == Test::kTrue || test == Test::kFalse;
  ForEachRow(call, [&](size_t row) { out[row] = (!in.IsNull(row) && (cells[row] != 0) == truth) == positive; });
}

void Distinct(KernelCall& call, bool wanted) {
  const Column& a = *call.in[0];
  const Column& b = *call.in[1];
  uint8_t* out = call.out->data<uint8_t>();
  ForEachRow(call, [&](size_t row) {
    const bool a_null = a.IsNull(row), b_null = b.IsNull(row);
    const bool distinct = a_null || b_null ? a_null != b_null : CompareCells(a, row, b, row) != 0;
    out[row] = distinct == wanted;
  });
}
void IsDistinct(KernelCall& call) { Distinct(call, true); }
void IsNotDistinct(KernelCall& call) { Distinct(call, false); }

}  // namespace

void AddLogicFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, Kernel kernel, bool strict) {
    out.push_back({name, std::move(arguments), kBool, kernel, strict, Volatility::kImmutable, true});
  };
  add("not", {kBool}, Map<NotBool, uint8_t, uint8_t>, true);
  for (const LogicalType type : {kBool, kInt, kDouble, kText, kTimestamp, kUuid, kJson}) {
    add("is null", {type}, IsNull<true>, false);
    add("is not null", {type}, IsNull<false>, false);
    add("is distinct from", {type, type}, IsDistinct, false);
    add("is not distinct from", {type, type}, IsNotDistinct, false);
  }
  add("is null", {kAny}, IsNull<true>, false);
  add("is not null", {kAny}, IsNull<false>, false);
  add("is distinct from", {kAny, kAny}, IsDistinct, false);
  add("is not distinct from", {kAny, kAny}, IsNotDistinct, false);
  add("is true", {kBool}, IsTruth<Test::kTrue>, false);
  add("is not true", {kBool}, IsTruth<Test::kNotTrue>, false);
  add("is false", {kBool}, IsTruth<Test::kFalse>, false);
  add("is not false", {kBool}, IsTruth<Test::kNotFalse>, false);
}

}  // namespace rem::sql

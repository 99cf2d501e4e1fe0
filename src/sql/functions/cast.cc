#include <algorithm>
#include <cmath>
#include <utility>

#include "base/time.h"
#include "base/utf8.h"
#include "sql/functions/by_value.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// The error that the cast of one value gives; only ever for the first failing row.
void Explain(KernelCall& call, size_t row, const Value& value) {
  if (call.failure->failed) return;
  try {
    CastValue(value, call.out->type());
    call.failure->Set(row, ErrorCode::kInvalidText, "value cannot be cast");
  } catch (const Error& error) {
    call.failure->Set(row, error);
  }
}

template <typename R, auto Parse>
void FromText(KernelCall& call, size_t row, std::string_view text, R& out) {
  if (const auto value = Parse(text)) {
    out = *value;
    return;
  }
  // A form that is read more slowly, or an error.
  if (call.failure->failed) return;
  try {
    call.out->Set(row, CastValue(Value(text), call.out->type()));
  } catch (const Error& error) {
    call.failure->Set(row, error);
  }
}

double IntToDouble(int64_t a) { return static_cast<double>(a); }
void DoubleToInt(KernelCall& call, size_t row, double a, int64_t& out) {
  const double rounded = std::nearbyint(a);
  if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return Explain(call, row, Value(a));
  out = static_cast<int64_t>(rounded);
}
int64_t BoolToInt(uint8_t a) { return a; }
uint8_t IntToBool(int64_t a) { return a != 0; }

void BoolToText(KernelCall&, size_t, uint8_t a, std::string_view& out) { out = a != 0 ? "true" : "false"; }
void IntToText(KernelCall& call, size_t, int64_t a, std::string_view& out) {
  char digits[24];
  char* end = digits + sizeof(digits);
  char* at = end;
  uint64_t rest = a < 0 ? 0 - static_cast<uint64_t>(a) : static_cast<uint64_t>(a);
  do {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (a < 0) *--at = '-';
  out = call.out->arena().Copy({at, static_cast<size_t>(end - at)});
}
void DoubleToText(KernelCall& call, size_t, double a, std::string_view& out) {
  out = call.out->arena().Copy(FormatDouble(a));
}
void TimestampToText(KernelCall& call, size_t, int64_t a, std::string_view& out) {
  out = call.out->arena().Copy(Value(Timestamp{a}).ToText());
}
void UuidToText(KernelCall& call, size_t, const Uuid& a, std::string_view& out) {
  out = call.out->arena().Copy(a.ToString());
}

// The remaining casts go through values, one row at a time.
void CastSlowly(KernelCall& call) {
  ForEachRow(call, [&](size_t row) {
    if (call.failure->failed) return;
    try {
      call.out->Set(row, CastValue(call.in[0]->Get(row), call.out->type()));
    } catch (const Error& error) {
      call.failure->Set(row, error);
    }
  });
}

template <int64_t low, int64_t high>
void NarrowInt(KernelCall& call, size_t row, int64_t a, int64_t& out) {
  if (a < low || a > high) return Explain(call, row, Value(a));
  out = a;
}
int64_t SameInt(int64_t a) { return a; }
double SameDouble(double a) { return a; }

Value Modified(const Value* a, size_t, LogicalType type) {
  SqlType to;
  to.type = type;
  to.modifier = {static_cast<int>(a[1].AsInt()), static_cast<int>(a[2].AsInt())};
  to.padded = a[3].AsBool();
  return ApplyModifier(a[0], to, true);
}

Value ToJson(const Value* a, size_t, LogicalType) { return Value(DocumentFromValue(a[0])); }

constexpr LogicalType kAllTypes[] = {kBool,  kInt,    kDouble,   kText,           kTimestamp, kUuid,
                                     kJson,  kVector, kSmallInt, kInteger,        kReal,      kNumeric,
                                     kBytea, kDate,   kTime,     kLocalTimestamp, kInterval};

}  // namespace

void AddCastFunctions(std::vector<Function>& out) {
  const auto add = [&](LogicalType from, LogicalType to, Kernel kernel) {
    out.push_back({"cast", {from}, to, kernel, true, Volatility::kImmutable, true});
  };
  add(kText, kBool, MapFull<FromText<uint8_t, ParseBool>, uint8_t, std::string_view>);
  add(kText, kInt, MapFull<FromText<int64_t, ParseInt>, int64_t, std::string_view>);
  add(kText, kDouble, MapFull<FromText<double, ParseDouble>, double, std::string_view>);
  add(kText, kTimestamp, MapFull<FromText<int64_t, ParseTimestampMicros>, int64_t, std::string_view>);
  add(kText, kUuid, MapFull<FromText<Uuid, Uuid::Parse>, Uuid, std::string_view>);
  add(kText, kJson, CastSlowly);
  add(kText, kVector, CastSlowly);
  add(kInt, kDouble, Map<IntToDouble, double, int64_t>);
  add(kDouble, kInt, MapFull<DoubleToInt, int64_t, double>);
  add(kBool, kInt, Map<BoolToInt, int64_t, uint8_t>);
  add(kInt, kBool, Map<IntToBool, uint8_t, int64_t>);
  add(kBool, kText, MapFull<BoolToText, std::string_view, uint8_t>);
  add(kInt, kText, MapFull<IntToText, std::string_view, int64_t>);
  add(kDouble, kText, MapFull<DoubleToText, std::string_view, double>);
  add(kTimestamp, kText, MapFull<TimestampToText, std::string_view, int64_t>);
  add(kUuid, kText, MapFull<UuidToText, std::string_view, Uuid>);
  add(kVector, kText, CastSlowly);
  for (const LogicalType type : {kSmallInt, kInteger}) {
    add(type, kInt, Map<SameInt, int64_t, int64_t>);
    add(type, kDouble, Map<IntToDouble, double, int64_t>);
    add(type, kText, MapFull<IntToText, std::string_view, int64_t>);
  }
  add(kSmallInt, kInteger, Map<SameInt, int64_t, int64_t>);
  for (const LogicalType type : {kInteger, kInt})
    add(type, kSmallInt, MapFull<NarrowInt<INT16_MIN, INT16_MAX>, int64_t, int64_t>);
  add(kInt, kInteger, MapFull<NarrowInt<INT32_MIN, INT32_MAX>, int64_t, int64_t>);
  add(kReal, kDouble, Map<SameDouble, double, double>);
  // A text becomes a JSON string by to_jsonb, not the document that it spells.
  out.push_back({"to_jsonb", {kAny}, kJson, ByValue<ToJson>});
  out.push_back({"to_json", {kAny}, kJson, ByValue<ToJson>});
  out.push_back({"array_to_json", {ArrayOf(kAnyElement)}, kJson, ByValue<ToJson>});
  for (const LogicalType type : kAllTypes) {
    for (const LogicalType one : {type, ArrayOf(type)}) {
      const bool timed = one == kTime || one == kTimestamp || one == kLocalTimestamp || one == kInterval;
      if (ElementOf(one) != kText && ElementOf(one) != kNumeric && one != kVector && !timed) continue;
      out.push_back(
          {"apply modifier", {one, kInt, kInt, kBool}, one, ByValue<Modified>, true, Volatility::kImmutable, true});
    }
  }
  const auto known = [&](LogicalType from, LogicalType to) {
    return std::ranges::any_of(
        out, [&](const Function& f) { return f.name == "cast" && f.arguments[0] == from && f.result == to; });
  };
  for (const LogicalType from : kAllTypes) {
    for (const LogicalType to : kAllTypes) {
      for (const auto& [a, b] :
           {std::pair(from, to), {ArrayOf(from), to}, {from, ArrayOf(to)}, {ArrayOf(from), ArrayOf(to)}}) {
        if (a != b && CastLevelOf(a, b) != CastLevel::kNone && !known(a, b)) add(a, b, CastSlowly);
      }
    }
  }
}

}  // namespace rem::sql

#include <cmath>

#include "base/time.h"
#include "base/utf8.h"
#include "sql/functions/map.h"
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
    call.failure->Set(row, error.code(), error.message(), error.hint());
  }
}

template <typename R, auto Parse>
void FromText(KernelCall& call, size_t row, std::string_view text, R& out) {
  const auto value = Parse(text);
  if (!value) return Explain(call, row, Value(text));
  out = *value;
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
  out = call.out->arena().Copy(FormatTimestampMicros(a));
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
      call.failure->Set(row, error.code(), error.message(), error.hint());
    }
  });
}

void TextToNode(KernelCall& call) {
  ForEachRow(call, [&](size_t row) { call.out->Set(row, Value(DocumentFromValue(call.in[0]->Get(row)))); });
}

template <int64_t low, int64_t high>
void NarrowInt(KernelCall& call, size_t row, int64_t a, int64_t& out) {
  if (a < low || a > high) {
    return call.failure->Set(row, ErrorCode::kNumericOutOfRange,
                             high == INT16_MAX ? "smallint out of range" : "integer out of range", "cast to bigint");
  }
  out = a;
}
double NarrowDouble(double a) { return static_cast<double>(static_cast<float>(a)); }

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
  for (const LogicalType type : {kBool, kInt, kDouble, kText, kVector}) add(kJson, type, CastSlowly);
  for (const LogicalType type : {kBool, kInt, kDouble, kTimestamp, kUuid, kVector}) {
    add(type, kJson, CastSlowly);
    out.push_back({"to_jsonb", {type}, kJson, CastSlowly});
  }
  // A text becomes a JSON string by to_jsonb, not the document that it spells.
  out.push_back({"to_jsonb", {kText}, kJson, TextToNode});
  // int2, int4 and real have no type of their own: their casts check the range or drop the precision.
  out.push_back({"narrow to int2",
                 {kInt},
                 kInt,
                 MapFull<NarrowInt<INT16_MIN, INT16_MAX>, int64_t, int64_t>,
                 true,
                 Volatility::kImmutable,
                 true});
  out.push_back({"narrow to int4",
                 {kInt},
                 kInt,
                 MapFull<NarrowInt<INT32_MIN, INT32_MAX>, int64_t, int64_t>,
                 true,
                 Volatility::kImmutable,
                 true});
  out.push_back(
      {"narrow to float4", {kDouble}, kDouble, Map<NarrowDouble, double, double>, true, Volatility::kImmutable, true});
}

}  // namespace rem::sql

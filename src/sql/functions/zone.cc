#include <algorithm>
#include <cmath>
#include <optional>

#include "base/time.h"
#include "sql/functions/by_value.h"
#include "types/cast.h"
#include "types/datetime.h"
#include "types/time_zone.h"

namespace rem::sql {

namespace {

using enum LogicalType;

bool IsInfinite(int64_t time) { return time == kTimeInfinity || time == kTimeMinusInfinity; }

std::shared_ptr<const TimeZone> ZoneOf(const Value& value) {
  if (value.type() == kInterval) {
    const Interval& interval = value.AsInterval();
    if (interval.months != 0 || interval.days != 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  "interval time zone \"" + value.ToText() + "\" must not include months or days");
    }
    if (std::abs(interval.micros) > 7 * kMicrosPerDay)
      throw Error(ErrorCode::kInvalidArgument, "interval time zone \"" + value.ToText() + "\" is out of range");
    return TimeZone::Fixed(static_cast<int32_t>(interval.micros / kMicrosPerSecond));
  }
  auto zone = TimeZone::Find(value.AsText());
  if (zone == nullptr) {
    throw Error(ErrorCode::kInvalidArgument, "time zone \"" + value.AsText() + "\" not recognized",
                "zones are names such as Europe/Berlin, abbreviations such as CET, and UTC");
  }
  return zone;
}

// From a moment to what clocks show there, or back.
Value AtZone(const Value* a, size_t, LogicalType type) {
  const auto zone = ZoneOf(a[0]);
  const int64_t micros = a[1].raw_int();
  if (IsInfinite(micros)) return Value::OfInt(type, micros);
  if (micros > kTimeInfinity - 2 * kMicrosPerDay || micros < kTimeMinusInfinity + 2 * kMicrosPerDay)
    throw Error(ErrorCode::kInvalidDatetime, "timestamp out of range");
  return Value::OfInt(type, type == kLocalTimestamp ? zone->ToLocal(micros) : zone->ToUtc(micros));
}

// Calls a function that takes fixed values and gives a time.
int64_t CallForTime(std::string_view name, std::vector<LogicalType> types, const Value* a, LogicalType result) {
  const Function* function = FindOverload(name, types);
  std::vector<Column> columns;
  std::vector<const Column*> in;
  columns.reserve(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    columns.emplace_back(types[i]);
    columns.back().SetConstant(a[i]);
    in.push_back(&columns.back());
  }
  Column out(result);
  out.Reset(1);
  KernelFailure failure;
  KernelCall call{in, &out, nullptr, 1, &failure, 0};
  function->kernel(call);
  if (failure.failed) throw failure.ToError();
  return out.data<int64_t>()[0];
}

// By the clocks of a zone.
Value TruncateIn(const Value* a, size_t, LogicalType type) {
  const auto zone = ZoneOf(a[2]);
  if (IsInfinite(a[1].raw_int())) return a[1];
  const Value local[] = {a[0], Value::OfInt(kTimestamp, zone->ToLocal(a[1].raw_int()))};
  return Value::OfInt(type, zone->ToUtc(CallForTime("date_trunc", {kText, kTimestamp}, local, kTimestamp)));
}

Value MakeTimestampIn(const Value* a, size_t, LogicalType type) {
  const int64_t local =
      CallForTime("make_timestamp", {kInteger, kInteger, kInteger, kInteger, kInteger, kDouble}, a, kLocalTimestamp);
  return Value::OfInt(type, ZoneOf(a[6])->ToUtc(local));
}

// date_bin(stride, time, origin): the begin of the stride that the time lies in.
Value Bin(const Value* a, size_t, LogicalType type) {
  const Interval& stride = a[0].AsInterval();
  const int64_t time = a[1].raw_int(), origin = a[2].raw_int();
  if (IsInfinite(time)) return Value::OfInt(type, time);
  if (IsInfinite(origin)) throw Error(ErrorCode::kInvalidDatetime, "origin out of range");
  if (stride.months != 0) {
    throw Error(ErrorCode::kNotSupported, "timestamps cannot be binned into intervals containing months or years");
  }
  const __int128 width = static_cast<__int128>(stride.days) * kMicrosPerDay + stride.micros;
  if (width <= 0) throw Error(ErrorCode::kInvalidDatetime, "stride must be greater than zero");
  if (width > INT64_MAX) throw Error(ErrorCode::kInvalidDatetime, "interval out of range");
  const __int128 distance = static_cast<__int128>(time) - origin;
  const __int128 into = (distance % width + width) % width;
  return Value::OfInt(type, static_cast<int64_t>(time - into));
}

Value MakeInterval(const Value* a, size_t count, LogicalType) {
  const auto part = [&](size_t i) { return i < count ? a[i].AsInt() : 0; };
  const double seconds = count > 6 ? a[6].AsDouble() : 0;
  const __int128 months = static_cast<__int128>(part(0)) * 12 + part(1);
  const __int128 days = static_cast<__int128>(part(2)) * 7 + part(3);
  const double micros = std::rint(seconds * 1e6);
  const auto refuse = [] { throw Error(ErrorCode::kInvalidDatetime, "interval out of range"); };
  if (!(std::fabs(micros) < 9e18) || months > INT32_MAX || months < INT32_MIN || days > INT32_MAX || days < INT32_MIN)
    refuse();
  const __int128 clock =
      (static_cast<__int128>(part(4)) * 60 + part(5)) * 60 * kMicrosPerSecond + static_cast<int64_t>(micros);
  if (clock > INT64_MAX || clock < INT64_MIN) refuse();
  return Value(Interval{static_cast<int64_t>(clock), static_cast<int32_t>(days), static_cast<int32_t>(months)});
}

/// One of the two periods of OVERLAPS: with a NULL only the other end is known.
struct Period {
  std::optional<int64_t> begin, end;

  Period(const Value& first, const Value& second) {
    if (!first.IsNull()) begin = first.raw_int();
    if (!second.IsNull()) {
      if (second.type() != kInterval) {
        end = second.raw_int();
      } else if (begin) {
        end = AddTo(first, second.AsInterval());
      }
    }
    if (!begin) std::swap(begin, end);
    if (begin && end && *begin > *end) std::swap(begin, end);
  }
  static int64_t AddTo(const Value& time, const Interval& interval) {
    if (time.type() == kTime) {
      const int64_t sum = (time.raw_int() + interval.micros % kMicrosPerDay) % kMicrosPerDay;
      return sum < 0 ? sum + kMicrosPerDay : sum;
    }
    const int64_t micros = time.type() == kDate ? CastValue(time, kLocalTimestamp).raw_int() : time.raw_int();
    const auto sum = AddInterval(micros, interval);
    if (!sum) throw Error(ErrorCode::kInvalidDatetime, "timestamp out of range");
    return *sum;
  }
};
Value Overlaps(const Value* a, size_t, LogicalType) {
  const Period x(a[0], a[1]), y(a[2], a[3]);
  if (!x.begin || !y.begin) return Value();
  if (*x.begin == *y.begin) return x.end && y.end ? Value(true) : Value();
  const Period &earlier = *x.begin < *y.begin ? x : y, &later = *x.begin < *y.begin ? y : x;
  if (!earlier.end) return Value();
  if (*later.begin < *earlier.end) return Value(true);
  return later.end ? Value(false) : Value();
}

}  // namespace

void AddZoneFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       bool strict = true) {
    out.push_back({name, std::move(arguments), result, kernel, strict});
  };
  for (const LogicalType zone : {kText, kInterval}) {
    add("timezone", {zone, kTimestamp}, kLocalTimestamp, ByValue<AtZone>);
    add("timezone", {zone, kLocalTimestamp}, kTimestamp, ByValue<AtZone>);
  }
  add("make_timestamptz", {kInteger, kInteger, kInteger, kInteger, kInteger, kDouble, kText}, kTimestamp,
      ByValue<MakeTimestampIn>);
  add("date_trunc", {kText, kTimestamp, kText}, kTimestamp, ByValue<TruncateIn>);
  for (const LogicalType type : {kTimestamp, kLocalTimestamp})
    add("date_bin", {kInterval, type, type}, type, ByValue<Bin>);
  const std::vector<LogicalType> parts = {kInteger, kInteger, kInteger, kInteger, kInteger, kInteger, kDouble};
  for (size_t count = 0; count <= parts.size(); ++count)
    add("make_interval", {parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count)}, kInterval,
        ByValue<MakeInterval>);
  for (const LogicalType type : {kLocalTimestamp, kTimestamp, kTime}) {
    for (const LogicalType first : {type, kInterval}) {
      for (const LogicalType second : {type, kInterval})
        add("overlaps", {type, first, type, second}, kBool, ByValue<Overlaps>, false);
    }
  }
}

}  // namespace rem::sql

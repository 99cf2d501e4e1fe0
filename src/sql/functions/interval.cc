#include <algorithm>
#include <cmath>
#include <optional>

#include "base/time.h"
#include "sql/functions/by_value.h"
#include "types/cast.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

using enum LogicalType;

[[noreturn]] void ThrowRange(std::string_view what) {
  throw Error(ErrorCode::kInvalidDatetime, std::string(what) + " out of range");
}

bool IsInfinite(int64_t time) { return time == kTimeInfinity || time == kTimeMinusInfinity; }

Value OfInterval(const std::optional<Interval>& interval) {
  if (!interval) ThrowRange("interval");
  return Value(*interval);
}

// timestamp or timestamptz, plus or minus an interval.
template <bool minus>
Value ShiftTime(const Value* a, size_t, LogicalType type) {
  const auto interval = minus ? NegateInterval(a[1].AsInterval()) : a[1].AsInterval();
  const auto moved = interval ? AddInterval(a[0].raw_int(), *interval) : std::nullopt;
  if (!moved) ThrowRange("timestamp");
  return Value::OfInt(type, *moved);
}
Value IntervalPlusTime(const Value* a, size_t count, LogicalType type) {
  const Value swapped[] = {a[1], a[0]};
  return ShiftTime<false>(swapped, count, type);
}
template <bool minus>
Value ShiftDate(const Value* a, size_t count, LogicalType type) {
  const Value moved[] = {CastValue(a[0], kLocalTimestamp), a[1]};
  return ShiftTime<minus>(moved, count, type);
}
Value IntervalPlusDate(const Value* a, size_t count, LogicalType type) {
  const Value swapped[] = {a[1], a[0]};
  return ShiftDate<false>(swapped, count, type);
}

constexpr int64_t kFirstDay = -2'440'588, kLastDay = 2'145'042'905;
Value MoveDate(int64_t date, int64_t days) {
  if (IsInfinite(date)) return Value::OfInt(kDate, date);
  int64_t sum = 0;
  if (__builtin_add_overflow(date, days, &sum) || sum < kFirstDay || sum > kLastDay) ThrowRange("date");
  return Value::OfInt(kDate, sum);
}
Value DatePlusDays(const Value* a, size_t, LogicalType) { return MoveDate(a[0].AsDate(), a[1].AsInt()); }
Value DaysPlusDate(const Value* a, size_t, LogicalType) { return MoveDate(a[1].AsDate(), a[0].AsInt()); }
Value DateMinusDays(const Value* a, size_t, LogicalType) { return MoveDate(a[0].AsDate(), -a[1].AsInt()); }
Value DateMinusDate(const Value* a, size_t, LogicalType type) {
  if (IsInfinite(a[0].AsDate()) || IsInfinite(a[1].AsDate()))
    throw Error(ErrorCode::kInvalidDatetime, "cannot subtract infinite dates");
  return Value::OfInt(type, a[0].AsDate() - a[1].AsDate());
}
Value DatePlusTime(const Value* a, size_t, LogicalType) {
  return Value::OfInt(kLocalTimestamp, CastValue(a[0], kLocalTimestamp).raw_int() + a[1].AsTime());
}
Value TimeMinusTime(const Value* a, size_t, LogicalType) {
  return Value(Interval{a[0].AsTime() - a[1].AsTime(), 0, 0});
}
int64_t WithinDay(int64_t micros) {
  const int64_t rest = micros % kMicrosPerDay;
  return rest < 0 ? rest + kMicrosPerDay : rest;
}
template <bool minus>
Value ShiftClock(const Value* a, size_t, LogicalType) {
  const int64_t by = a[1].AsInterval().micros % kMicrosPerDay;
  return Value::OfInt(kTime, WithinDay(a[0].AsTime() + (minus ? -by : by)));
}
Value IntervalPlusClock(const Value* a, size_t count, LogicalType type) {
  const Value swapped[] = {a[1], a[0]};
  return ShiftClock<false>(swapped, count, type);
}

Value TimestampMinus(const Value* a, size_t, LogicalType) {
  if (IsInfinite(a[0].raw_int()) || IsInfinite(a[1].raw_int()))
    throw Error(ErrorCode::kInvalidDatetime, "cannot subtract infinite timestamps");
  int64_t micros = 0;
  if (__builtin_sub_overflow(a[0].raw_int(), a[1].raw_int(), &micros)) ThrowRange("interval");
  return Value(JustifyHours({micros, 0, 0}));
}
Value PlusIntervals(const Value* a, size_t, LogicalType) {
  return OfInterval(AddIntervals(a[0].AsInterval(), a[1].AsInterval()));
}
Value MinusIntervals(const Value* a, size_t, LogicalType) {
  const auto negated = NegateInterval(a[1].AsInterval());
  if (!negated) ThrowRange("interval");
  return OfInterval(AddIntervals(a[0].AsInterval(), *negated));
}
Value MinusInterval(const Value* a, size_t, LogicalType) { return OfInterval(NegateInterval(a[0].AsInterval())); }
Value TimesInterval(const Value* a, size_t, LogicalType) {
  return OfInterval(ScaleInterval(a[0].AsInterval(), a[1].AsDouble()));
}
Value IntervalTimes(const Value* a, size_t, LogicalType) {
  return OfInterval(ScaleInterval(a[1].AsInterval(), a[0].AsDouble()));
}
Value DivideInterval(const Value* a, size_t, LogicalType) {
  if (a[1].AsDouble() == 0) throw Error(ErrorCode::kDivisionByZero, "division by zero");
  return OfInterval(rem::DivideInterval(a[0].AsInterval(), a[1].AsDouble()));
}

Value JustifyHoursOf(const Value* a, size_t, LogicalType) { return Value(JustifyHours(a[0].AsInterval())); }
Value JustifyDaysOf(const Value* a, size_t, LogicalType) { return Value(JustifyDays(a[0].AsInterval())); }
Value JustifyIntervalOf(const Value* a, size_t, LogicalType) { return Value(JustifyInterval(a[0].AsInterval())); }
Value Age(const Value* a, size_t, LogicalType) {
  if (IsInfinite(a[0].raw_int()) || IsInfinite(a[1].raw_int())) ThrowRange("interval");
  return Value(AgeBetween(a[0].raw_int(), a[1].raw_int()));
}
Value IsFinite(const Value* a, size_t, LogicalType) { return Value(!IsInfinite(a[0].raw_int())); }
Value Finite(const Value*, size_t, LogicalType) { return Value(true); }

Value MakeDate(const Value* a, size_t, LogicalType) {
  if (!IsValidDate(a[0].AsInt(), static_cast<int>(std::clamp<int64_t>(a[1].AsInt(), 0, 99)),
                   static_cast<int>(std::clamp<int64_t>(a[2].AsInt(), 0, 99)))) {
    throw Error(ErrorCode::kInvalidDatetime,
                "date field value out of range: " + a[0].ToText() + "-" + a[1].ToText() + "-" + a[2].ToText());
  }
  return Value::OfInt(kDate,
                      DaysFromCivil(a[0].AsInt(), static_cast<int>(a[1].AsInt()), static_cast<int>(a[2].AsInt())));
}
int64_t ClockOf(const Value* a) {
  const double seconds = a[2].AsDouble();
  const int64_t hour = a[0].AsInt(), minute = a[1].AsInt();
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || !(seconds >= 0 && seconds <= 60))
    throw Error(ErrorCode::kInvalidDatetime, "time field value out of range");
  const int64_t micros = (hour * 60 + minute) * 60 * kMicrosPerSecond + static_cast<int64_t>(std::rint(seconds * 1e6));
  if (micros > kMicrosPerDay) throw Error(ErrorCode::kInvalidDatetime, "time field value out of range");
  return micros;
}
Value MakeTime(const Value* a, size_t, LogicalType) { return Value::OfInt(kTime, ClockOf(a)); }
Value MakeTimestamp(const Value* a, size_t count, LogicalType type) {
  return Value::OfInt(type, MakeDate(a, count, type).AsDate() * kMicrosPerDay + ClockOf(a + 3));
}
Value EpochToTimestamp(const Value* a, size_t, LogicalType) {
  const double micros = std::rint(a[0].AsDouble() * 1e6);
  if (std::isnan(micros)) throw Error(ErrorCode::kInvalidDatetime, "timestamp cannot be NaN");
  if (std::isinf(micros)) return Value(Timestamp{micros > 0 ? kTimeInfinity : kTimeMinusInfinity});
  if (!(std::fabs(micros) < 9.2e18)) ThrowRange("timestamp");
  return Value(Timestamp{static_cast<int64_t>(micros)});
}
void Today(KernelCall& call) {
  int64_t* out = call.out->data<int64_t>();
  const int64_t now = call.now_micros;
  const int64_t days = now / kMicrosPerDay - (now % kMicrosPerDay < 0);
  ForEachRow(call, [&](size_t row) {
    out[row] = call.out->type() == kDate ? days : call.out->type() == kTime ? now - days * kMicrosPerDay : now;
  });
}

// Drops what is below the last of the fields in PostgreSQL's mask; those above the first stay.
Value IntervalFields(const Value* a, size_t, LogicalType) {
  constexpr int64_t kYear = 1 << 2, kDay = 1 << 3, kHour = 1 << 10, kMinute = 1 << 11, kSecond = 1 << 12;
  Interval interval = a[0].AsInterval();
  const int64_t fields = a[1].AsInt();
  if ((fields & kSecond) != 0) return Value(interval);
  const int64_t unit = (fields & kMinute) != 0 ? 60 * kMicrosPerSecond
                       : (fields & kHour) != 0 ? 3600 * kMicrosPerSecond
                                               : 0;
  interval.micros = unit == 0 ? 0 : interval.micros / unit * unit;
  if ((fields & (kDay | kHour | kMinute)) != 0) return Value(interval);
  interval.days = 0;
  if (fields == kYear) interval.months -= interval.months % 12;
  return Value(interval);
}

void AddArithmetic(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel) {
    out.push_back({name, std::move(arguments), result, kernel});
  };
  for (const LogicalType type : {kTimestamp, kLocalTimestamp}) {
    add("+", {type, kInterval}, type, ByValue<ShiftTime<false>>);
    add("-", {type, kInterval}, type, ByValue<ShiftTime<true>>);
    add("+", {kInterval, type}, type, ByValue<IntervalPlusTime>);
    add("-", {type, type}, kInterval, ByValue<TimestampMinus>);
  }
  add("+", {kDate, kInteger}, kDate, ByValue<DatePlusDays>);
  add("+", {kInteger, kDate}, kDate, ByValue<DaysPlusDate>);
  add("-", {kDate, kInteger}, kDate, ByValue<DateMinusDays>);
  add("-", {kDate, kDate}, kInteger, ByValue<DateMinusDate>);
  add("+", {kDate, kInterval}, kLocalTimestamp, ByValue<ShiftDate<false>>);
  add("-", {kDate, kInterval}, kLocalTimestamp, ByValue<ShiftDate<true>>);
  add("+", {kInterval, kDate}, kLocalTimestamp, ByValue<IntervalPlusDate>);
  add("+", {kDate, kTime}, kLocalTimestamp, ByValue<DatePlusTime>);
  add("-", {kTime, kTime}, kInterval, ByValue<TimeMinusTime>);
  add("+", {kTime, kInterval}, kTime, ByValue<ShiftClock<false>>);
  add("-", {kTime, kInterval}, kTime, ByValue<ShiftClock<true>>);
  add("+", {kInterval, kTime}, kTime, ByValue<IntervalPlusClock>);
  add("+", {kInterval, kInterval}, kInterval, ByValue<PlusIntervals>);
  add("-", {kInterval, kInterval}, kInterval, ByValue<MinusIntervals>);
  add("-", {kInterval}, kInterval, ByValue<MinusInterval>);
  add("*", {kInterval, kDouble}, kInterval, ByValue<TimesInterval>);
  add("*", {kDouble, kInterval}, kInterval, ByValue<IntervalTimes>);
  add("/", {kInterval, kDouble}, kInterval, ByValue<DivideInterval>);
}

}  // namespace

void AddIntervalFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel) {
    out.push_back({name, std::move(arguments), result, kernel});
  };
  AddArithmetic(out);
  out.push_back(
      {"interval fields", {kInterval, kInt}, kInterval, ByValue<IntervalFields>, true, Volatility::kImmutable, true});
  add("justify_hours", {kInterval}, kInterval, ByValue<JustifyHoursOf>);
  add("justify_days", {kInterval}, kInterval, ByValue<JustifyDaysOf>);
  add("justify_interval", {kInterval}, kInterval, ByValue<JustifyIntervalOf>);
  for (const LogicalType type : {kTimestamp, kLocalTimestamp}) {
    add("age", {type, type}, kInterval, ByValue<Age>);
    add("isfinite", {type}, kBool, ByValue<IsFinite>);
  }
  add("isfinite", {kDate}, kBool, ByValue<IsFinite>);
  add("isfinite", {kInterval}, kBool, ByValue<Finite>);
  add("make_date", {kInteger, kInteger, kInteger}, kDate, ByValue<MakeDate>);
  add("make_time", {kInteger, kInteger, kDouble}, kTime, ByValue<MakeTime>);
  const std::vector<LogicalType> parts = {kInteger, kInteger, kInteger, kInteger, kInteger, kDouble};
  add("make_timestamp", parts, kLocalTimestamp, ByValue<MakeTimestamp>);
  add("make_timestamptz", parts, kTimestamp, ByValue<MakeTimestamp>);
  add("to_timestamp", {kDouble}, kTimestamp, ByValue<EpochToTimestamp>);
  out.push_back({"current_date", {}, kDate, Today, true, Volatility::kStable});
  out.push_back({"localtimestamp", {}, kLocalTimestamp, Today, true, Volatility::kStable});
  out.push_back({"localtime", {}, kTime, Today, true, Volatility::kStable});
}

}  // namespace rem::sql

#include <cmath>

#include "base/time.h"
#include "sql/functions/by_value.h"
#include "types/datetime.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Text = std::string_view;

void Now(KernelCall& call) {
  int64_t* out = call.out->data<int64_t>();
  ForEachRow(call, [&](size_t row) { out[row] = call.now_micros; });
}

int64_t DayOfWeek(int64_t days) { return ((days + 4) % 7 + 7) % 7; }

// ISO 8601: the week belongs to the year of its Thursday.
void IsoWeek(int64_t micros, int64_t& year, int64_t& week) {
  const CivilTime civil = CivilFromMicros(micros);
  const int64_t days = DaysFromCivil(civil.year, civil.month, civil.day);
  const int64_t thursday = days + 4 - (DayOfWeek(days) + 6) % 7 - 1;
  year = CivilFromMicros(thursday * 86'400'000'000).year;
  week = (thursday - DaysFromCivil(year, 1, 1)) / 7 + 1;
}

std::string LowerAscii(Text text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

void DatePart(KernelCall& call, size_t row, Text field, int64_t micros, double& out) {
  const CivilTime t = CivilFromMicros(micros);
  const int64_t days = DaysFromCivil(t.year, t.month, t.day);
  const std::string name = LowerAscii(field);
  int64_t iso_year = 0, iso_week = 0;
  if (name == "year") {
    out = static_cast<double>(t.year);
  } else if (name == "month") {
    out = t.month;
  } else if (name == "day") {
    out = t.day;
  } else if (name == "hour") {
    out = t.hour;
  } else if (name == "minute") {
    out = t.minute;
  } else if (name == "second") {
    out = t.second + t.micros / 1e6;
  } else if (name == "milliseconds") {
    out = t.second * 1e3 + t.micros / 1e3;
  } else if (name == "microseconds") {
    out = t.second * 1e6 + t.micros;
  } else if (name == "quarter") {
    out = (t.month - 1) / 3 + 1;
  } else if (name == "dow") {
    out = static_cast<double>(DayOfWeek(days));
  } else if (name == "isodow") {
    out = static_cast<double>((DayOfWeek(days) + 6) % 7 + 1);
  } else if (name == "doy") {
    out = static_cast<double>(days - DaysFromCivil(t.year, 1, 1) + 1);
  } else if (name == "epoch") {
    out = static_cast<double>(micros) / 1e6;
  } else if (name == "week" || name == "isoyear") {
    IsoWeek(micros, iso_year, iso_week);
    out = static_cast<double>(name == "week" ? iso_week : iso_year);
  } else {
    call.failure->Set(row, ErrorCode::kInvalidArgument, "timestamp units \"" + name + "\" not recognized",
                      "units are year, quarter, month, week, day, dow, isodow, doy, hour, minute, second, epoch");
  }
}

void DateTrunc(KernelCall& call, size_t row, Text field, int64_t micros, int64_t& out) {
  CivilTime t = CivilFromMicros(micros);
  const std::string name = LowerAscii(field);
  if (name == "week") {
    const int64_t days = DaysFromCivil(t.year, t.month, t.day);
    out = (days - (DayOfWeek(days) + 6) % 7) * 86'400'000'000;
    return;
  }
  static constexpr Text kUnits[] = {"year",   "quarter", "month",        "day",         "hour",
                                    "minute", "second",  "milliseconds", "microseconds"};
  size_t unit = 0;
  while (unit < std::size(kUnits) && kUnits[unit] != name) ++unit;
  if (unit == std::size(kUnits)) {
    return call.failure->Set(
        row, ErrorCode::kInvalidArgument, "timestamp units \"" + name + "\" not recognized",
        "units are year, quarter, month, week, day, hour, minute, second, milliseconds, microseconds");
  }
  if (unit < 8) t.micros = unit == 7 ? t.micros / 1000 * 1000 : 0;
  if (unit < 6) t.second = 0;
  if (unit < 5) t.minute = 0;
  if (unit < 4) t.hour = 0;
  if (unit < 3) t.day = 1;
  if (unit == 1) t.month = (t.month - 1) / 3 * 3 + 1;
  if (unit < 1) t.month = 1;
  out = MicrosFromCivil(t);
}

// Fields as micros of a unit: exact, where a double would round.
std::string Decimal(int64_t micros, int places) {
  std::string text = MultiplyNumerics(NumericFromInt(micros), "1");
  const std::string divisor = "1" + std::string(static_cast<size_t>(places), '0');
  return RoundNumeric(DivideNumerics(text, divisor), places);
}

[[noreturn]] void ThrowUnit(const std::string& name, LogicalType type) {
  throw Error(ErrorCode::kInvalidArgument,
              "unit \"" + name + "\" not recognized for type " + std::string(LogicalTypeName(type)));
}

// What extract gives for the parts of a clock; empty for another field.
std::string ClockPart(const std::string& name, int64_t micros) {
  constexpr int64_t kMinute = 60 * kMicrosPerSecond;
  if (name == "hour") return NumericFromInt(micros / kMicrosPerHour);
  if (name == "minute") return NumericFromInt(micros / kMinute % 60);
  if (name == "second") return Decimal(micros % kMinute, 6);
  if (name == "milliseconds") return Decimal(micros % kMinute, 3);
  if (name == "microseconds") return NumericFromInt(micros % kMinute);
  return {};
}

std::string IntervalPart(const std::string& name, const Interval& interval) {
  const std::string clock = ClockPart(name, interval.micros);
  if (!clock.empty()) return clock;
  if (name == "day") return NumericFromInt(interval.days);
  if (name == "month") return NumericFromInt(interval.months % 12);
  if (name == "quarter") return NumericFromInt(interval.months % 12 / 3 + 1);
  if (name == "year") return NumericFromInt(interval.months / 12);
  if (name == "decade") return NumericFromInt(interval.months / 120);
  if (name == "century") return NumericFromInt(interval.months / 1200);
  if (name == "millennium") return NumericFromInt(interval.months / 12000);
  if (name == "epoch") {
    // A year is 365.25 days, a month 30.
    const std::string days = AddNumerics(AddNumerics(MultiplyNumerics(NumericFromInt(interval.months / 12), "365.25"),
                                                     NumericFromInt(int64_t{interval.months % 12} * 30)),
                                         NumericFromInt(interval.days));
    return AddNumerics(RoundNumeric(MultiplyNumerics(days, "86400"), 6), Decimal(interval.micros, 6));
  }
  ThrowUnit(name, LogicalType::kInterval);
}

std::string TimestampPart(const std::string& name, int64_t micros, LogicalType type) {
  const int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0);
  if (type != LogicalType::kDate) {
    const std::string clock = ClockPart(name, micros - days * kMicrosPerDay);
    if (!clock.empty()) return clock;
  } else if (!ClockPart(name, 0).empty()) {
    ThrowUnit(name, type);
  }
  const CivilTime t = CivilFromMicros(micros);
  int64_t iso_year = 0, iso_week = 0;
  IsoWeek(micros, iso_year, iso_week);
  if (name == "year") return NumericFromInt(t.year);
  if (name == "month") return NumericFromInt(t.month);
  if (name == "day") return NumericFromInt(t.day);
  if (name == "quarter") return NumericFromInt((t.month - 1) / 3 + 1);
  if (name == "dow") return NumericFromInt(DayOfWeek(days));
  if (name == "isodow") return NumericFromInt((DayOfWeek(days) + 6) % 7 + 1);
  if (name == "doy") return NumericFromInt(days - DaysFromCivil(t.year, 1, 1) + 1);
  if (name == "week") return NumericFromInt(iso_week);
  if (name == "isoyear") return NumericFromInt(iso_year);
  if (name == "decade" && t.year > 0) return NumericFromInt(t.year / 10);
  if (name == "century" && t.year > 0) return NumericFromInt((t.year + 99) / 100);
  if (name == "millennium" && t.year > 0) return NumericFromInt((t.year + 999) / 1000);
  if (name == "epoch") return type == LogicalType::kDate ? NumericFromInt(days * 86'400) : Decimal(micros, 6);
  if (name == "timezone" && type == LogicalType::kTimestamp) return "0";
  ThrowUnit(name, type);
}

template <bool exact>
Value PartOfValue(const Value* a, size_t, LogicalType) {
  std::string name = LowerAscii(a[0].AsText());
  if (name.size() > 1 && name.ends_with('s') && !name.starts_with("m")) name.pop_back();
  if (name == "minutes" || name == "months") name.pop_back();
  const LogicalType type = a[1].type();
  std::string part;
  if (type == kInterval) {
    part = IntervalPart(name, a[1].AsInterval());
  } else if (type == kTime) {
    part = name == "epoch" ? Decimal(a[1].AsTime(), 6) : ClockPart(name, a[1].AsTime());
    if (part.empty()) ThrowUnit(name, type);
  } else {
    const int64_t raw = a[1].raw_int();
    if (raw == kTimeInfinity || raw == kTimeMinusInfinity) {
      throw Error(ErrorCode::kNotSupported, "not supported yet: fields of an infinite time",
                  "test with isfinite first");
    }
    part = TimestampPart(name, type == kDate ? raw * kMicrosPerDay : raw, type);
  }
  if (exact) return Value::OfText(kNumeric, std::move(part));
  return Value(NumericToDouble(part));
}

}  // namespace

void AddDatetimeFunctions(std::vector<Function>& out) {
  for (const Text name : {"now", "current_timestamp", "transaction_timestamp", "statement_timestamp"}) {
    out.push_back({name, {}, kTimestamp, Now, true, Volatility::kStable});
  }
  for (const LogicalType type : {kDate, kTime, kLocalTimestamp, kInterval, kTimestamp}) {
    if (type != kTimestamp) out.push_back({"date_part", {kText, type}, kDouble, ByValue<PartOfValue<false>>});
    out.push_back({"extract", {kText, type}, kNumeric, ByValue<PartOfValue<true>>});
  }
  out.push_back({"date_trunc", {kText, kLocalTimestamp}, kLocalTimestamp, MapFull<DateTrunc, int64_t, Text, int64_t>});
  out.push_back({"date_part", {kText, kTimestamp}, kDouble, MapFull<DatePart, double, Text, int64_t>});
  out.push_back({"date_trunc", {kText, kTimestamp}, kTimestamp, MapFull<DateTrunc, int64_t, Text, int64_t>});
}

}  // namespace rem::sql

#include <cmath>

#include "base/time.h"
#include "sql/functions/map.h"

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

}  // namespace

void AddDatetimeFunctions(std::vector<Function>& out) {
  for (const Text name : {"now", "current_timestamp", "transaction_timestamp", "statement_timestamp"}) {
    out.push_back({name, {}, kTimestamp, Now, true, Volatility::kStable});
  }
  out.push_back({"date_part", {kText, kTimestamp}, kDouble, MapFull<DatePart, double, Text, int64_t>});
  out.push_back({"extract", {kText, kTimestamp}, kDouble, MapFull<DatePart, double, Text, int64_t>});
  out.push_back({"date_trunc", {kText, kTimestamp}, kTimestamp, MapFull<DateTrunc, int64_t, Text, int64_t>});
}

}  // namespace rem::sql

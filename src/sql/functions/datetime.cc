#include <cmath>

#include "base/time.h"
#include "sql/functions/by_value.h"
#include "sql/functions/date_field.h"
#include "types/datetime.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Text = std::string_view;

constexpr int64_t kMinute = 60 * kMicrosPerSecond;
constexpr int64_t kJulianOf1970 = 2'440'588;

void Now(KernelCall& call) {
  int64_t* out = call.out->data<int64_t>();
  ForEachRow(call, [&](size_t row) { out[row] = call.now_micros; });
}
void ClockNow(KernelCall& call) {
  int64_t* out = call.out->data<int64_t>();
  ForEachRow(call, [&](size_t row) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    out[row] = now.tv_sec * kMicrosPerSecond + now.tv_nsec / 1000;
  });
}

/// A field's value: `value` with `scale` digits behind the point; or infinite, NULL, or a fraction of days.
struct Part {
  int64_t value = 0;
  int scale = 0;
  int infinite = 0;
  bool null = false;
  int64_t day_micros = -1;  ///< Of julian: to be added as a part of a day.
};

[[noreturn]] void Refuse(Text name, LogicalType type) { ThrowDateField(name, true, type); }

// Years have no zero in what is shown.
Part YearPart(DateField field, int64_t year) {
  const int64_t shown = year > 0 ? year : year - 1;
  switch (field) {
    case DateField::kDecade:
      return {year >= 0 ? year / 10 : -((8 - (year - 1)) / 10)};
    case DateField::kCentury:
      return {year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100)};
    case DateField::kMillennium:
      return {year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000)};
    default:
      return {shown};
  }
}

bool ClockPart(DateField field, int64_t micros, Part& part) {
  switch (field) {
    case DateField::kMicroseconds:
      part = {micros % kMinute};
      return true;
    case DateField::kMilliseconds:
      part = {micros % kMinute, 3};
      return true;
    case DateField::kSecond:
      part = {micros % kMinute, 6};
      return true;
    case DateField::kMinute:
      part = {micros / kMinute % 60};
      return true;
    case DateField::kHour:
      part = {micros / kMicrosPerHour};
      return true;
    default:
      return false;
  }
}

Part IntervalPart(DateField field, const Interval& interval, Text name) {
  Part part;
  if (ClockPart(field, interval.micros, part)) return part;
  switch (field) {
    case DateField::kDay:
      return {interval.days};
    case DateField::kMonth:
      return {interval.months % 12};
    case DateField::kQuarter:
      return {interval.months % 12 / 3 + 1};
    case DateField::kYear:
      return {interval.months / 12};
    case DateField::kDecade:
      return {interval.months / 120};
    case DateField::kCentury:
      return {interval.months / 1200};
    case DateField::kMillennium:
      return {interval.months / 12000};
    default:
      Refuse(name, kInterval);
  }
}

Part InfinitePart(DateField field, int64_t micros, LogicalType type, Text name) {
  const int sign = micros > 0 ? 1 : -1;
  switch (field) {
    case DateField::kYear:
    case DateField::kDecade:
    case DateField::kCentury:
    case DateField::kMillennium:
    case DateField::kJulian:
    case DateField::kIsoYear:
    case DateField::kEpoch:
      return {0, 0, sign};
    case DateField::kTimezone:
    case DateField::kTimezoneHour:
    case DateField::kTimezoneMinute:
      if (type != kTimestamp) Refuse(name, type);
      return {0, 0, 0, true};
    default:
      if (type == kDate && field <= DateField::kHour) Refuse(name, type);
      return {0, 0, 0, true};
  }
}

Part TimestampPart(DateField field, int64_t micros, LogicalType type, Text name) {
  if (micros == kTimeInfinity || micros == kTimeMinusInfinity) return InfinitePart(field, micros, type, name);
  const int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0);
  Part part;
  if (ClockPart(field, micros - days * kMicrosPerDay, part)) {
    if (type == kDate) Refuse(name, type);
    return part;
  }
  const CivilTime t = CivilFromMicros(micros);
  int64_t week = 0;
  switch (field) {
    case DateField::kDay:
      return {t.day};
    case DateField::kMonth:
      return {t.month};
    case DateField::kQuarter:
      return {(t.month - 1) / 3 + 1};
    case DateField::kDayOfWeek:
      return {WeekdayOf(days)};
    case DateField::kIsoDayOfWeek:
      return {(WeekdayOf(days) + 6) % 7 + 1};
    case DateField::kDayOfYear:
      return {days - DaysFromCivil(t.year, 1, 1) + 1};
    case DateField::kWeek:
      IsoYearOf(days, week);
      return {week};
    case DateField::kIsoYear: {
      const int64_t year = IsoYearOf(days, week);
      return {year > 0 ? year : year - 1};
    }
    case DateField::kEpoch:
      return type == kDate ? Part{days * 86'400} : Part{micros, 6};
    case DateField::kJulian:
      return {days + kJulianOf1970, 0, 0, false, type == kDate ? -1 : micros - days * kMicrosPerDay};
    case DateField::kTimezone:
    case DateField::kTimezoneHour:
    case DateField::kTimezoneMinute:
      if (type != kTimestamp) Refuse(name, type);
      return {0};
    default:
      return YearPart(field, t.year);
  }
}

std::string NumericOf(const Part& part) {
  if (part.infinite != 0) return part.infinite > 0 ? "Infinity" : "-Infinity";
  std::string text = NumericFromInt(part.value);
  if (part.day_micros >= 0) {
    return AddNumerics(text, DivideNumerics(NumericFromInt(part.day_micros), NumericFromInt(kMicrosPerDay)));
  }
  if (part.scale == 0) return text;
  const bool minus = part.value < 0;
  if (minus) text.erase(0, 1);
  const auto scale = static_cast<size_t>(part.scale);
  if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
  text.insert(text.size() - scale, ".");
  return minus ? "-" + text : text;
}
double DoubleOf(const Part& part) {
  if (part.infinite != 0) return part.infinite > 0 ? HUGE_VAL : -HUGE_VAL;
  if (part.day_micros >= 0)
    return static_cast<double>(part.value) + static_cast<double>(part.day_micros) / static_cast<double>(kMicrosPerDay);
  return static_cast<double>(part.value) / (part.scale == 6 ? 1e6 : part.scale == 3 ? 1e3 : 1);
}

// A year is 365.25 days, a month 30. Past a bigint in microseconds only exact digits will do.
std::string IntervalEpoch(const Interval& interval) {
  const std::string days = AddNumerics(AddNumerics(MultiplyNumerics(NumericFromInt(interval.months / 12), "365.25"),
                                                   NumericFromInt(int64_t{interval.months % 12} * 30)),
                                       NumericFromInt(interval.days));
  return AddNumerics(RoundNumeric(MultiplyNumerics(days, "86400"), 6), NumericOf({interval.micros, 6}));
}

// Fields by name, row after row: it differs from the last row's but seldom.
class FieldNames {
 public:
  // `type` is what errors name.
  DateField Find(Text name, LogicalType type) {
    if (!field_ || name != name_) {
      name_ = name;
      field_ = FindDateField(name_);
      if (!field_) ThrowDateField(name_, false, type);
    }
    return *field_;
  }

 private:
  std::string name_;
  std::optional<DateField> field_;
};

template <typename T, bool exact, LogicalType type>
void PartOf(KernelCall& call) {
  const Argument<Text> names(call, 0);
  const Argument<T> times(call, 1);
  FieldNames fields;
  ForEachRow(call, [&](size_t row) {
    if (call.failure->failed) return;
    try {
      const DateField field = fields.Find(names[row], type);
      Part part;
      if constexpr (type == kInterval) {
        if (field == DateField::kEpoch) {
          const std::string epoch = IntervalEpoch(times[row]);
          if constexpr (exact) {
            call.out->data<Text>()[row] = call.out->arena().Copy(epoch);
          } else {
            call.out->data<double>()[row] = NumericToDouble(epoch);
          }
          return;
        }
        part = IntervalPart(field, times[row], names[row]);
      } else if constexpr (type == kTime) {
        part = {times[row], 6};
        if (field != DateField::kEpoch && !ClockPart(field, times[row], part)) Refuse(names[row], type);
      } else {
        const bool date = call.in[1]->type() == kDate;
        const bool infinite = times[row] == kTimeInfinity || times[row] == kTimeMinusInfinity;
        part = TimestampPart(field, date && !infinite ? times[row] * kMicrosPerDay : times[row], type, names[row]);
      }
      if (part.null) return call.out->SetNull(row);
      if constexpr (exact) {
        call.out->data<Text>()[row] = call.out->arena().Copy(NumericOf(part));
      } else {
        call.out->data<double>()[row] = DoubleOf(part);
      }
    } catch (const Error& error) {
      call.failure->Set(row, error);
    }
  });
}

int64_t TruncateYear(int64_t year, int64_t step) {
  // Decades begin with a year that ends in 0, centuries and millennia with one that ends in 1.
  if (step == 10) return year >= 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10;
  return year > 0 ? (year + step - 1) / step * step - (step - 1) : -((step - 1 - (year - 1)) / step) * step + 1;
}

int64_t Truncate(DateField field, int64_t micros, LogicalType type, Text name) {
  CivilTime t = CivilFromMicros(micros);
  switch (field) {
    case DateField::kWeek:
      return WeekBegin(DaysFromCivil(t.year, t.month, t.day)) * kMicrosPerDay;
    case DateField::kMillennium:
      t.year = TruncateYear(t.year, 1000);
      break;
    case DateField::kCentury:
      t.year = TruncateYear(t.year, 100);
      break;
    case DateField::kDecade:
      t.year = TruncateYear(t.year, 10);
      break;
    default:
      if (field == DateField::kEpoch) ThrowDateField(name, false, type);
      if (field > DateField::kMillennium) Refuse(name, type);
  }
  if (field >= DateField::kYear) t.month = 1;
  if (field == DateField::kQuarter) t.month = (t.month - 1) / 3 * 3 + 1;
  if (field >= DateField::kMonth) t.day = 1;
  if (field >= DateField::kDay) t.hour = 0;
  if (field >= DateField::kHour) t.minute = 0;
  if (field >= DateField::kMinute) t.second = 0;
  if (field >= DateField::kSecond) t.micros = 0;
  if (field == DateField::kMilliseconds) t.micros = t.micros / 1000 * 1000;
  return MicrosFromCivil(t);
}

template <LogicalType type>
void DateTrunc(KernelCall& call) {
  const Argument<Text> names(call, 0);
  const Argument<int64_t> times(call, 1);
  int64_t* out = call.out->data<int64_t>();
  FieldNames fields;
  ForEachRow(call, [&](size_t row) {
    if (call.failure->failed) return;
    try {
      const DateField field = fields.Find(names[row], type);
      const int64_t micros = times[row];
      const bool infinite = micros == kTimeInfinity || micros == kTimeMinusInfinity;
      out[row] = infinite ? micros : Truncate(field, micros, type, names[row]);
    } catch (const Error& error) {
      call.failure->Set(row, error);
    }
  });
}

void TruncateInterval(KernelCall& call, size_t row, Text name, const Interval& interval, Interval& out) {
  const auto field = FindDateField(name);
  try {
    if (!field) ThrowDateField(name, false, kInterval);
    if (*field > DateField::kMillennium) Refuse(name, kInterval);
    if (*field == DateField::kWeek) {
      throw Error(ErrorCode::kNotSupported, "unit \"week\" not supported for type interval",
                  "Months usually have fractional weeks.");
    }
  } catch (const Error& error) {
    return call.failure->Set(row, error);
  }
  static constexpr int kMonths[] = {1, 3, 12, 120, 1200, 12'000};
  out = interval;
  if (*field >= DateField::kMonth) {
    const int unit = kMonths[static_cast<size_t>(*field) - static_cast<size_t>(DateField::kMonth)];
    out = {0, 0, interval.months / unit * unit};
  } else if (*field == DateField::kDay) {
    out.micros = 0;
  } else {
    static constexpr int64_t kUnits[] = {1, 1000, kMicrosPerSecond, kMinute, kMicrosPerHour};
    const int64_t unit = kUnits[static_cast<size_t>(*field)];
    out.micros = interval.micros / unit * unit;
  }
}

}  // namespace

void AddDatetimeFunctions(std::vector<Function>& out) {
  for (const Text name : {"now", "current_timestamp", "transaction_timestamp", "statement_timestamp"})
    out.push_back({name, {}, kTimestamp, Now, true, Volatility::kStable});
  out.push_back({"clock_timestamp", {}, kTimestamp, ClockNow, true, Volatility::kVolatile});
  out.push_back({"extract", {kText, kTimestamp}, kNumeric, PartOf<int64_t, true, kTimestamp>});
  out.push_back({"extract", {kText, kLocalTimestamp}, kNumeric, PartOf<int64_t, true, kLocalTimestamp>});
  out.push_back({"extract", {kText, kDate}, kNumeric, PartOf<int64_t, true, kDate>});
  out.push_back({"extract", {kText, kTime}, kNumeric, PartOf<int64_t, true, kTime>});
  out.push_back({"extract", {kText, kInterval}, kNumeric, PartOf<Interval, true, kInterval>});
  out.push_back({"date_part", {kText, kTimestamp}, kDouble, PartOf<int64_t, false, kTimestamp>});
  out.push_back({"date_part", {kText, kLocalTimestamp}, kDouble, PartOf<int64_t, false, kLocalTimestamp>});
  // A date's part is that of its first moment.
  out.push_back({"date_part", {kText, kDate}, kDouble, PartOf<int64_t, false, kLocalTimestamp>});
  out.push_back({"date_part", {kText, kTime}, kDouble, PartOf<int64_t, false, kTime>});
  out.push_back({"date_part", {kText, kInterval}, kDouble, PartOf<Interval, false, kInterval>});
  out.push_back({"date_trunc", {kText, kTimestamp}, kTimestamp, DateTrunc<kTimestamp>});
  out.push_back({"date_trunc", {kText, kLocalTimestamp}, kLocalTimestamp, DateTrunc<kLocalTimestamp>});
  out.push_back({"date_trunc", {kText, kInterval}, kInterval, MapFull<TruncateInterval, Interval, Text, Interval>});
}

}  // namespace rem::sql

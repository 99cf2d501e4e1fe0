#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rem/value.h>

namespace rem::sql {

/// What extract, date_part and date_trunc can be asked for.
enum class DateField : uint8_t {
  kMicroseconds,
  kMilliseconds,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kIsoYear,
  kJulian,
  kTimezone,
  kTimezoneHour,
  kTimezoneMinute,
};

/// In any case, short or long, one or many: "years", "mon", "MSEC".
std::optional<DateField> FindDateField(std::string_view name);

/// PostgreSQL's errors for a field that there is not, or not of `type`.
[[noreturn]] void ThrowDateField(std::string_view name, bool known, LogicalType type);

/// Monday of the week that a day lies in.
int64_t WeekBegin(int64_t days);
/// 0 is Sunday.
int64_t WeekdayOf(int64_t days);
/// The year that the week of a day belongs to: that of its Thursday (ISO 8601).
int64_t IsoYearOf(int64_t days, int64_t& week);

}  // namespace rem::sql

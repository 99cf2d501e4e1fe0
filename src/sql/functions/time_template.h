#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rem::sql {

enum class TimeField : uint8_t {
  kYearComma,  // Y,YYY
  kYear,       // YYYY, YYY, YY, Y by `digits`
  kIsoYear,
  kMonth,
  kMonthName,
  kMonthShort,
  kMonthRoman,
  kDay,
  kDayOfYear,
  kIsoDayOfYear,
  kDayName,
  kDayShort,
  kDayOfWeek,
  kIsoDayOfWeek,
  kWeek,
  kIsoWeek,
  kWeekOfMonth,
  kQuarter,
  kCentury,
  kJulian,
  kHour12,
  kHour24,
  kMinute,
  kSecond,
  kMillisecond,
  kFraction,  // FF1 to FF6, US
  kSecondOfDay,
  kMeridiem,
  kEra,
  kZone,
  kZoneHours,
  kZoneMinutes,
  kOffset,
  kFixed,  // FX
};

enum class LetterCase : uint8_t { kUpper, kCapital, kLower };

/// A piece of a template of to_char, to_date and to_timestamp: a field, or a character as it stands.
struct TimeTemplateItem {
  bool is_field = false;
  TimeField field = TimeField::kFixed;
  int digits = 0;  ///< Of years and fractions.
  LetterCase letters = LetterCase::kUpper;
  bool dotted = false;   ///< A.M., A.D.
  bool fill = false;     ///< FM
  bool ordinal = false;  ///< TH or th
  bool ordinal_lower = false;
  std::string_view name;  ///< As PostgreSQL calls the field in errors.
  std::string text;       ///< Of what is no field: one character.
  bool quoted = false;
};

std::vector<TimeTemplateItem> ParseTimeTemplate(std::string_view text);

inline constexpr std::string_view kMonthNames[] = {"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
inline constexpr std::string_view kDayNames[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                 "Thursday", "Friday", "Saturday"};
/// From December down, as they are searched.
inline constexpr std::string_view kRomanMonths[] = {"XII", "XI", "X",  "IX",  "VIII", "VII",
                                                    "VI",  "V",  "IV", "III", "II",   "I"};

/// Microseconds of to_date and to_timestamp, as if in UTC. Errors are PostgreSQL's.
int64_t ReadTimeByTemplate(std::string_view text, std::string_view format);

}  // namespace rem::sql

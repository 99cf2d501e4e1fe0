#include "sql/functions/date_field.h"

#include <algorithm>
#include <utility>

#include <rem/error.h>

#include "base/time.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

using enum DateField;

// Names count up to their tenth letter.
constexpr std::pair<std::string_view, DateField> kNames[] = {{"us", kMicroseconds},
                                                             {"usec", kMicroseconds},
                                                             {"usecs", kMicroseconds},
                                                             {"usecond", kMicroseconds},
                                                             {"useconds", kMicroseconds},
                                                             {"microsecon", kMicroseconds},
                                                             {"ms", kMilliseconds},
                                                             {"msec", kMilliseconds},
                                                             {"msecs", kMilliseconds},
                                                             {"msecond", kMilliseconds},
                                                             {"mseconds", kMilliseconds},
                                                             {"millisecon", kMilliseconds},
                                                             {"s", kSecond},
                                                             {"sec", kSecond},
                                                             {"secs", kSecond},
                                                             {"second", kSecond},
                                                             {"seconds", kSecond},
                                                             {"m", kMinute},
                                                             {"min", kMinute},
                                                             {"mins", kMinute},
                                                             {"minute", kMinute},
                                                             {"minutes", kMinute},
                                                             {"h", kHour},
                                                             {"hr", kHour},
                                                             {"hrs", kHour},
                                                             {"hour", kHour},
                                                             {"hours", kHour},
                                                             {"d", kDay},
                                                             {"day", kDay},
                                                             {"days", kDay},
                                                             {"w", kWeek},
                                                             {"week", kWeek},
                                                             {"weeks", kWeek},
                                                             {"mon", kMonth},
                                                             {"mons", kMonth},
                                                             {"month", kMonth},
                                                             {"months", kMonth},
                                                             {"qtr", kQuarter},
                                                             {"quarter", kQuarter},
                                                             {"y", kYear},
                                                             {"yr", kYear},
                                                             {"yrs", kYear},
                                                             {"year", kYear},
                                                             {"years", kYear},
                                                             {"dec", kDecade},
                                                             {"decs", kDecade},
                                                             {"decade", kDecade},
                                                             {"decades", kDecade},
                                                             {"c", kCentury},
                                                             {"cent", kCentury},
                                                             {"century", kCentury},
                                                             {"centuries", kCentury},
                                                             {"mil", kMillennium},
                                                             {"mils", kMillennium},
                                                             {"millennium", kMillennium},
                                                             {"millennia", kMillennium},
                                                             {"epoch", kEpoch},
                                                             {"dow", kDayOfWeek},
                                                             {"isodow", kIsoDayOfWeek},
                                                             {"doy", kDayOfYear},
                                                             {"isoyear", kIsoYear},
                                                             {"julian", kJulian},
                                                             {"j", kJulian},
                                                             {"jd", kJulian},
                                                             {"timezone", kTimezone},
                                                             {"timezone_h", kTimezoneHour},
                                                             {"timezone_m", kTimezoneMinute}};

std::string_view LongName(LogicalType type) {
  switch (type) {
    case LogicalType::kTimestamp:
      return "timestamp with time zone";
    case LogicalType::kLocalTimestamp:
      return "timestamp without time zone";
    case LogicalType::kTime:
      return "time without time zone";
    default:
      return LogicalTypeName(type);
  }
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

}  // namespace

std::optional<DateField> FindDateField(std::string_view name) {
  const std::string lower = LowerAscii(name.substr(0, 10));
  const auto* found = std::ranges::find(kNames, lower, [](const auto& one) { return one.first; });
  if (found == std::end(kNames)) return std::nullopt;
  return found->second;
}

void ThrowDateField(std::string_view name, bool known, LogicalType type) {
  throw Error(known ? ErrorCode::kNotSupported : ErrorCode::kInvalidArgument,
              "unit \"" + LowerAscii(name) + "\" not " + (known ? "supported" : "recognized") + " for type " +
                  std::string(LongName(type)));
}

int64_t WeekdayOf(int64_t days) { return ((days + 4) % 7 + 7) % 7; }
int64_t WeekBegin(int64_t days) { return days - (WeekdayOf(days) + 6) % 7; }
int64_t IsoYearOf(int64_t days, int64_t& week) {
  const int64_t thursday = WeekBegin(days) + 3;
  const int64_t year = CivilFromMicros(thursday * kMicrosPerDay).year;
  week = (thursday - DaysFromCivil(year, 1, 1)) / 7 + 1;
  return year;
}

}  // namespace rem::sql

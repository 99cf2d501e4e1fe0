#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rem/value.h>

namespace rem {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerHour = 3600 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;
/// 'infinity' and '-infinity' of dates and timestamps.
inline constexpr int64_t kTimeInfinity = INT64_MAX;
inline constexpr int64_t kTimeMinusInfinity = INT64_MIN;

// Texts in PostgreSQL's ISO style; nullopt for what is none, or does not exist.
std::optional<int64_t> ParseDate(std::string_view text);            ///< Days since 1970.
std::optional<int64_t> ParseTime(std::string_view text);            ///< Microseconds since midnight.
std::optional<int64_t> ParseLocalTimestamp(std::string_view text);  ///< An offset in the text is ignored.
std::optional<int64_t> ParseTimestampOrInfinity(std::string_view text);
/// A date (days) or a time (microseconds) as values are stored, also before year 1 and after 9999: "10000-01-02",
/// "0044-03-15 BC", "010000-01-02T10:00:00Z", "infinity".
std::optional<int64_t> ParseFarTime(std::string_view text, bool date);
/// "1 year 2 mons -3 days 04:05:06.7", "P1Y2M", "1-2", "1 day ago", "90" (seconds).
std::optional<Interval> ParseInterval(std::string_view text);

std::string FormatDate(int64_t days);
std::string FormatTime(int64_t micros);
std::string FormatLocalTimestamp(int64_t micros);
std::string FormatInterval(const Interval& interval);

/// Microseconds that two intervals are compared by: 30 days a month, 24 hours a day.
__int128 IntervalSpan(const Interval& interval);

// nullopt where the result is out of range.
/// Months first, to the last day of the month where it is shorter; then days; then microseconds.
std::optional<int64_t> AddInterval(int64_t micros, const Interval& interval);
std::optional<Interval> AddIntervals(const Interval& a, const Interval& b);
std::optional<Interval> NegateInterval(const Interval& a);
/// What is left of a month becomes days, and of a day microseconds.
std::optional<Interval> ScaleInterval(const Interval& a, double factor);
std::optional<Interval> DivideInterval(const Interval& a, double divisor);
/// Whole days out of the microseconds, with equal signs.
Interval JustifyHours(const Interval& a);
Interval JustifyDays(const Interval& a);
Interval JustifyInterval(const Interval& a);
/// Years, months and days between two timestamps, as a calendar counts them.
Interval AgeBetween(int64_t later, int64_t earlier);

}  // namespace rem

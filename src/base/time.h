#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rem {

struct CivilTime {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
};

/// Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
int64_t DaysFromCivil(int64_t year, int month, int day);
CivilTime CivilFromMicros(int64_t micros);
int64_t MicrosFromCivil(const CivilTime& civil);
bool IsValidDate(int64_t year, int month, int day);

/// Parses RFC 3339 and PostgreSQL's usual forms: "2026-11-21", "2026-11-21 10:00",
/// "2026-11-21T10:00:00.123456789+02:00", "... UTC", "...Z". Without an offset the time is UTC. Fractions beyond
/// microseconds round half up. A leap second 23:59:60 is the next second. nullopt for anything else, dates that do not
/// exist included. Years 1 to 9999.
std::optional<int64_t> ParseTimestampMicros(std::string_view text);

/// RFC 3339 in UTC, with 'Z' and as many fraction digits as needed (0 to 6).
std::string FormatTimestampMicros(int64_t micros);

}  // namespace rem

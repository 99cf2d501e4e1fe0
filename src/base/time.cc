#include "base/time.h"

namespace rem {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// What is left to parse. Each Take* moves forward only when it succeeds.
struct Cursor {
  const char* at;
  const char* end;

  bool done() const { return at == end; }
  bool Take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool TakeTwoDigits(int& value) {
    if (end - at < 2 || !IsDigit(at[0]) || !IsDigit(at[1])) return false;
    value = (at[0] - '0') * 10 + (at[1] - '0');
    at += 2;
    return true;
  }
  void SkipSpaces() {
    while (at != end && IsSpace(*at)) ++at;
  }
};

// Digits after the decimal point, as micros rounded half up (so 1'000'000 is possible).
bool TakeFraction(Cursor& in, int& micros) {
  int scale = 100'000;
  bool any = false;
  micros = 0;
  for (; !in.done() && IsDigit(*in.at); ++in.at) {
    const int digit = *in.at - '0';
    if (scale > 0) {
      micros += digit * scale;
      if (scale == 1) {
        const bool up = in.at + 1 != in.end && IsDigit(in.at[1]) && in.at[1] >= '5';
        micros += up;
      }
      scale /= 10;
    }
    any = true;
  }
  return any;
}

bool TakeWord(Cursor& in, std::string_view upper) {
  if (static_cast<size_t>(in.end - in.at) < upper.size()) return false;
  for (size_t i = 0; i < upper.size(); ++i) {
    const char c = in.at[i];
    if ((c >= 'a' && c <= 'z' ? c - 32 : c) != upper[i]) return false;
  }
  in.at += upper.size();
  return true;
}

// "Z", "UTC", "GMT", "+02", "+0200", "+02:00", "+02:00:30", or nothing at all.
bool TakeOffset(Cursor& in, int& offset_seconds) {
  offset_seconds = 0;
  in.SkipSpaces();
  if (in.done()) return true;
  if (TakeWord(in, "UTC") || TakeWord(in, "GMT") || TakeWord(in, "Z")) return true;
  const bool west = *in.at == '-';
  if (!west && *in.at != '+') return false;
  ++in.at;
  int hours = 0, minutes = 0, seconds = 0;
  if (!in.TakeTwoDigits(hours)) return false;
  if (in.Take(':')) {
    if (!in.TakeTwoDigits(minutes)) return false;
    if (in.Take(':') && !in.TakeTwoDigits(seconds)) return false;
  } else if (!in.done() && IsDigit(*in.at) && !in.TakeTwoDigits(minutes)) {
    return false;
  }
  // PostgreSQL's bound: 15:59:59 either way.
  if (hours > 15 || minutes > 59 || seconds > 59) return false;
  offset_seconds = (hours * 60 + minutes) * 60 + seconds;
  if (west) offset_seconds = -offset_seconds;
  return true;
}

bool TakeDate(Cursor& in, int& year, int& month, int& day) {
  int century, rest;
  return in.TakeTwoDigits(century) && in.TakeTwoDigits(rest) && in.Take('-') && in.TakeTwoDigits(month) &&
         in.Take('-') && in.TakeTwoDigits(day) && (year = century * 100 + rest, IsValidDate(year, month, day));
}

}  // namespace

int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year =
      (153 * static_cast<unsigned>(month + (month > 2 ? -3 : 9)) + 2) / 5 + static_cast<unsigned>(day) - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<int64_t>(day_of_era) - 719'468;
}

CivilTime CivilFromMicros(int64_t micros) {
  int64_t days = micros / kMicrosPerDay;
  int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  CivilTime civil;
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  civil.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  civil.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  civil.year = static_cast<int64_t>(year_of_era) + era * 400 + (civil.month <= 2);
  civil.micros = static_cast<int>(rest % kMicrosPerSecond);
  rest /= kMicrosPerSecond;
  civil.second = static_cast<int>(rest % 60);
  civil.minute = static_cast<int>(rest / 60 % 60);
  civil.hour = static_cast<int>(rest / 3600);
  return civil;
}

int64_t MicrosFromCivil(const CivilTime& civil) {
  const int64_t days = DaysFromCivil(civil.year, civil.month, civil.day);
  const int64_t seconds = (civil.hour * 60 + civil.minute) * 60 + civil.second;
  return days * kMicrosPerDay + seconds * kMicrosPerSecond + civil.micros;
}

bool IsValidDate(int64_t year, int month, int day) {
  static constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
  return day <= kDays[month - 1] + (month == 2 && IsLeapYear(year));
}

std::optional<int64_t> ParseTimestampMicros(std::string_view text) {
  Cursor in{text.data(), text.data() + text.size()};
  in.SkipSpaces();
  while (in.end != in.at && IsSpace(in.end[-1])) --in.end;

  int year, month, day;
  if (!TakeDate(in, year, month, day)) return std::nullopt;
  int hour = 0, minute = 0, second = 0, micros = 0, offset_seconds = 0;
  if (!in.done()) {
    bool has_time = in.Take('T') || in.Take('t');
    if (!has_time) {
      const char* before = in.at;
      in.SkipSpaces();
      // "2026-11-21 UTC" and "2026-11-21+02" are dates with an offset; after a space a digit starts the time.
      has_time = in.at != before && IsDigit(*in.at);
    }
    if (has_time) {
      if (!in.TakeTwoDigits(hour) || !in.Take(':') || !in.TakeTwoDigits(minute)) return std::nullopt;
      if (in.Take(':')) {
        if (!in.TakeTwoDigits(second)) return std::nullopt;
        if ((in.Take('.') || in.Take(',')) && !TakeFraction(in, micros)) return std::nullopt;
      }
    }
    if (!TakeOffset(in, offset_seconds) || !in.done()) return std::nullopt;
  }
  // 24:00:00 is the end of the day, as in ISO 8601 and PostgreSQL.
  const bool end_of_day = hour == 24 && minute == 0 && second == 0 && micros == 0;
  if ((hour > 23 && !end_of_day) || minute > 59 || second > 60) return std::nullopt;
  const int64_t seconds = (DaysFromCivil(year, month, day) * 24 + hour) * 3600 + minute * 60 + second - offset_seconds;
  const int64_t result = seconds * kMicrosPerSecond + micros;
  // An offset, a leap second or rounding may lead out of the years that can be written back.
  constexpr int64_t kFirst = -62'135'596'800 * kMicrosPerSecond;
  constexpr int64_t kEnd = 253'402'300'800 * kMicrosPerSecond;
  if (result < kFirst || result >= kEnd) return std::nullopt;
  return result;
}

std::string FormatTimestampMicros(int64_t micros) {
  const CivilTime civil = CivilFromMicros(micros);
  char buffer[48];
  char* at = buffer;
  const auto digits = [&at](int64_t value, int width) {
    for (int i = width - 1; i >= 0; --i) {
      at[i] = static_cast<char>('0' + value % 10);
      value /= 10;
    }
    at += width;
  };
  if (civil.year < 0) *at++ = '-';
  const int64_t year = civil.year < 0 ? -civil.year : civil.year;
  digits(year, year > 9999 ? 6 : 4);
  *at++ = '-';
  digits(civil.month, 2);
  *at++ = '-';
  digits(civil.day, 2);
  *at++ = 'T';
  digits(civil.hour, 2);
  *at++ = ':';
  digits(civil.minute, 2);
  *at++ = ':';
  digits(civil.second, 2);
  if (civil.micros != 0) {
    *at++ = '.';
    digits(civil.micros, 6);
    while (at[-1] == '0') --at;
  }
  *at++ = 'Z';
  return std::string(buffer, static_cast<size_t>(at - buffer));
}

}  // namespace rem

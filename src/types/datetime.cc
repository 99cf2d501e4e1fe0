#include "types/datetime.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/time.h"

namespace rem {

namespace {

// From PostgreSQL's first timestamp to the last that fits behind 1970.
constexpr int64_t kFirstMicros = -210'866'803'200 * kMicrosPerSecond;  // 4714-11-24 BC
constexpr int64_t kEndMicros = 9'223'371'331'200'000'000;              // 294246

constexpr int64_t kDaysOfCycle = 146'097;  // Calendars repeat after 400 years.

std::string Lower(std::string_view text) {
  std::string out;
  for (const char c : text) out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  return out;
}

std::string_view Trim(std::string_view text) {
  static constexpr std::string_view kSpaces = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

std::optional<int64_t> ParseSpecial(std::string_view text) {
  const std::string word = Lower(text.substr(0, 10));
  if (word == "infinity" || word == "+infinity") return kTimeInfinity;
  if (word == "-infinity") return kTimeMinusInfinity;
  if (word == "epoch") return 0;
  return std::nullopt;
}

void AppendFraction(std::string& out, int64_t micros) {
  if (micros == 0) return;
  std::string digits = fmt::format(".{:06}", micros);
  digits.resize(digits.find_last_not_of('0') + 1);
  out += digits;
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

std::optional<Interval> Checked(__int128 months, __int128 days, __int128 micros) {
  if (months < INT32_MIN || months > INT32_MAX || days < INT32_MIN || days > INT32_MAX || micros < INT64_MIN ||
      micros > INT64_MAX)
    return std::nullopt;
  return Interval{static_cast<int64_t>(micros), static_cast<int32_t>(days), static_cast<int32_t>(months)};
}

/// Adds up the parts of an interval's text.
struct IntervalParts {
  double months = 0, days = 0, micros = 0;

  // A fraction of a larger unit goes on to the smaller ones.
  void AddDays(double value) {
    const double whole = std::trunc(value);
    days += whole;
    micros += std::rint((value - whole) * static_cast<double>(kMicrosPerDay));
  }
  void AddMonths(double value) {
    const double whole = std::trunc(value);
    months += whole;
    AddDays((value - whole) * 30);
  }
  bool Add(std::string_view unit, double value) {
    const std::string name = Lower(unit);
    const auto is = [&](std::initializer_list<std::string_view> names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (is({"us", "usec", "usecs", "microsecond", "microseconds", "microsecon"})) {
      micros += std::rint(value);
    } else if (is({"ms", "msec", "msecs", "millisecond", "milliseconds", "mseconds"})) {
      micros += std::rint(value * 1e3);
    } else if (is({"s", "sec", "secs", "second", "seconds"})) {
      micros += std::rint(value * 1e6);
    } else if (is({"m", "min", "mins", "minute", "minutes"})) {
      micros += std::rint(value * 6e7);
    } else if (is({"h", "hr", "hrs", "hour", "hours"})) {
      micros += std::rint(value * 3.6e9);
    } else if (is({"d", "day", "days"})) {
      AddDays(value);
    } else if (is({"w", "week", "weeks"})) {
      AddDays(value * 7);
    } else if (is({"mon", "mons", "month", "months"})) {
      AddMonths(value);
    } else if (is({"y", "yr", "yrs", "year", "years"})) {
      months += std::rint(value * 12);
    } else if (is({"dec", "decs", "decade", "decades"})) {
      months += std::rint(value * 120);
    } else if (is({"c", "cent", "century", "centuries"})) {
      months += std::rint(value * 1200);
    } else if (is({"mil", "mils", "millennium", "millennia"})) {
      months += std::rint(value * 12000);
    } else {
      return false;
    }
    return true;
  }
  std::optional<Interval> Finish(bool ago) const {
    const double sign = ago ? -1 : 1;
    if (std::fabs(months) > INT32_MAX || std::fabs(days) > INT32_MAX || std::fabs(micros) >= 0x1p63)
      return std::nullopt;
    return Interval{static_cast<int64_t>(sign * micros), static_cast<int32_t>(sign * days),
                    static_cast<int32_t>(sign * months)};
  }
};

bool TakeNumber(std::string_view& text, double& value) {
  std::string_view rest = text;
  const bool plus = rest.starts_with('+');
  if (plus) rest.remove_prefix(1);
  const size_t length = std::min(rest.find_first_not_of("0123456789.-"), rest.size());
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + length, value, std::chars_format::fixed);
  if (error != std::errc() || end == rest.data()) return false;
  text = rest.substr(static_cast<size_t>(end - rest.data()));
  return true;
}

std::optional<Interval> ParseIso(std::string_view text) {
  IntervalParts parts;
  text.remove_prefix(1);
  bool time = false, any = false;
  while (!text.empty()) {
    if (text.front() == 'T' && !time) {
      time = true;
      text.remove_prefix(1);
      continue;
    }
    double value = 0;
    if (!TakeNumber(text, value) || text.empty()) return std::nullopt;
    const char unit = text.front();
    text.remove_prefix(1);
    const std::string_view name = time ? (unit == 'H'   ? "hour"
                                          : unit == 'M' ? "minute"
                                          : unit == 'S' ? "second"
                                                        : "?")
                                       : (unit == 'Y'   ? "year"
                                          : unit == 'M' ? "month"
                                          : unit == 'W' ? "week"
                                          : unit == 'D' ? "day"
                                                        : "?");
    if (!parts.Add(name, value)) return std::nullopt;
    any = true;
  }
  return any ? parts.Finish(false) : std::nullopt;
}

// "[-]H:MM[:SS[.f]]".
bool AddClock(IntervalParts& parts, std::string_view token) {
  const bool minus = token.starts_with('-');
  if (minus || token.starts_with('+')) token.remove_prefix(1);
  double total = 0;
  // "12:34.5" are minutes and seconds.
  const bool short_of_hours =
      std::count(token.begin(), token.end(), ':') == 1 && token.find('.') != std::string_view::npos;
  for (const double unit : {3.6e9, 6e7, 1e6}) {
    if (short_of_hours && unit > 3e9) continue;
    double value = 0;
    std::string_view part = token.substr(0, token.find(':'));
    if (part.empty() || part.front() == '-' || !TakeNumber(part, value) || !part.empty()) return false;
    if (unit < 3e9 && value >= 60) return false;
    if (unit > 1e6 && value != std::trunc(value)) return false;
    total += std::rint(value * unit);
    if (token.find(':') == std::string_view::npos) {
      token = {};
      break;
    }
    token.remove_prefix(token.find(':') + 1);
  }
  if (!token.empty()) return false;
  parts.micros += minus ? -total : total;
  return true;
}

// "P0001-02-03T04:05:06", the alternative form of ISO 8601.
std::optional<Interval> ParseIsoAlternative(std::string_view text) {
  text.remove_prefix(1);
  const std::string_view date = text.substr(0, text.find('T'));
  IntervalParts parts;
  if (std::count(date.begin(), date.end(), '-') != 2 || date.size() < 5) return std::nullopt;
  std::string_view rest = date;
  for (const std::string_view unit : {"year", "month", "day"}) {
    const std::string_view number = rest.substr(0, rest.find('-'));
    if (number.empty() || number.size() > 9 || number.find_first_not_of("0123456789") != std::string_view::npos)
      return std::nullopt;
    int64_t value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    parts.Add(unit, static_cast<double>(value));
    rest.remove_prefix(std::min(rest.size(), number.size() + 1));
  }
  if (date.size() < text.size() && !AddClock(parts, text.substr(date.size() + 1))) return std::nullopt;
  return parts.Finish(false);
}

}  // namespace

std::optional<int64_t> ParseLocalTimestamp(std::string_view text) {
  text = Trim(text);
  if (const auto special = ParseSpecial(text)) return special;
  // Behind the date, the first sign or letter that is no T begins an offset.
  size_t end = 10;
  while (end < text.size() && (std::string_view(" T:.,t").find(text[end]) != std::string_view::npos ||
                               (text[end] >= '0' && text[end] <= '9')))
    ++end;
  if (!ParseTimestampMicros(text)) return std::nullopt;
  return ParseTimestampMicros(text.substr(0, end));
}

std::optional<int64_t> ParseTimestampOrInfinity(std::string_view text) {
  if (const auto special = ParseSpecial(Trim(text))) return special;
  return ParseTimestampMicros(text);
}

std::optional<int64_t> ParseDate(std::string_view text) {
  text = Trim(text);
  std::string dashed;
  if (text.size() == 8 && text.find_first_not_of("0123456789") == std::string_view::npos) {
    dashed = fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6));
    text = dashed;
  }
  const auto micros = ParseLocalTimestamp(text);
  if (!micros || *micros == kTimeInfinity || *micros == kTimeMinusInfinity) return micros;
  return FloorDivide(*micros, kMicrosPerDay);
}

std::optional<int64_t> ParseFarTime(std::string_view text, bool date) {
  if (const auto special = ParseSpecial(text)) return special;
  const bool bc = text.ends_with(" BC");
  if (bc) text.remove_suffix(3);
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  int64_t year = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + std::min<size_t>(text.size(), 7), year);
  if (failed != std::errc() || end - text.data() < 4) return std::nullopt;
  if (minus) year = -year;
  if (bc) year = 1 - year;
  const int64_t cycles = FloorDivide(year - 2000, 400);
  const std::string near =
      fmt::format("{}{}", year - cycles * 400, text.substr(static_cast<size_t>(end - text.data())));
  const auto micros = ParseTimestampMicros(near);
  if (!micros) return std::nullopt;
  if (date) return FloorDivide(*micros, kMicrosPerDay) + cycles * kDaysOfCycle;
  int64_t out = 0;
  if (__builtin_mul_overflow(cycles, kDaysOfCycle * kMicrosPerDay, &out) || __builtin_add_overflow(out, *micros, &out))
    return std::nullopt;
  return out;
}

std::optional<int64_t> ParseTime(std::string_view text) {
  text = Trim(text);
  // A date before the time is let through, as PostgreSQL does, by parsing any day's.
  const bool dated = text.size() > 10 && text[4] == '-';
  const std::string day = "2000-01-01 ";
  const auto micros = ParseLocalTimestamp(dated ? std::string(text) : day + std::string(text));
  if (!micros || text.size() < 4 || text.find(':') == std::string_view::npos) return std::nullopt;
  if (text.starts_with("24:")) return kMicrosPerDay;
  return *micros - FloorDivide(*micros, kMicrosPerDay) * kMicrosPerDay;
}

std::optional<Interval> ParseInterval(std::string_view text) {
  text = Trim(text);
  if (text.starts_with('@')) text = Trim(text.substr(1));
  if (text.starts_with('P')) {
    if (const auto alternative = ParseIsoAlternative(text)) return alternative;
    return ParseIso(text);
  }
  IntervalParts parts;
  bool any = false, ago = false;
  while (!text.empty()) {
    const size_t space = std::min(text.find_first_of(" \t"), text.size());
    std::string_view token = text.substr(0, space);
    if (token.find(':') != std::string_view::npos) {
      if (!AddClock(parts, token)) return std::nullopt;
      text = Trim(text.substr(space));
      any = true;
      continue;
    }
    if (any && Lower(token) == "ago" && space == text.size()) {
      ago = true;
      break;
    }
    // "1-2": years and months.
    if (const size_t dash = token.find('-', 1); dash != std::string_view::npos && dash + 1 < token.size()) {
      std::string_view years = token.substr(0, dash), months = token.substr(dash + 1);
      double y = 0, m = 0;
      if (!TakeNumber(years, y) || !TakeNumber(months, m) || !years.empty() || !months.empty() || m >= 12)
        return std::nullopt;
      parts.months += y * 12 + (token.front() == '-' ? -m : m);
      text = Trim(text.substr(space));
      any = true;
      continue;
    }
    double value = 0;
    if (!TakeNumber(text, value)) return std::nullopt;
    text = Trim(text);
    size_t letters = 0;
    while (letters < text.size() && ((text[letters] | 32) >= 'a' && (text[letters] | 32) <= 'z')) ++letters;
    std::string_view unit = text.substr(0, letters);
    if (unit.empty()) {
      // A bare number at the end counts seconds; one before a clock counts days.
      if (text.empty()) {
        unit = "second";
      } else if (text.find(':') != std::string_view::npos) {
        unit = "day";
      } else {
        return std::nullopt;
      }
    }
    if (!parts.Add(unit, value)) return std::nullopt;
    text = Trim(text.substr(letters));
    any = true;
  }
  return any ? parts.Finish(ago) : std::nullopt;
}

std::string FormatDate(int64_t days) {
  if (days == kTimeInfinity) return "infinity";
  if (days == kTimeMinusInfinity) return "-infinity";
  // More days than microseconds can be counted for; calendars repeat after 400 years.
  const int64_t cycles = FloorDivide(days, kDaysOfCycle);
  CivilTime t = CivilFromMicros((days - cycles * kDaysOfCycle) * kMicrosPerDay);
  t.year += cycles * 400;
  if (t.year <= 0) return fmt::format("{:04}-{:02}-{:02} BC", 1 - t.year, t.month, t.day);
  return fmt::format("{:04}-{:02}-{:02}", t.year, t.month, t.day);
}

std::string FormatTime(int64_t micros) {
  const int64_t seconds = micros / kMicrosPerSecond;
  std::string out = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  AppendFraction(out, micros % kMicrosPerSecond);
  return out;
}

std::string FormatLocalTimestamp(int64_t micros) {
  if (micros == kTimeInfinity) return "infinity";
  if (micros == kTimeMinusInfinity) return "-infinity";
  const int64_t days = FloorDivide(micros, kMicrosPerDay);
  std::string out = FormatDate(days);
  const bool bc = out.ends_with(" BC");
  if (bc) out.resize(out.size() - 3);
  out += " " + FormatTime(micros - days * kMicrosPerDay);
  return bc ? out + " BC" : out;
}

std::string FormatInterval(const Interval& interval) {
  std::string out;
  bool before = false;
  const auto part = [&](int64_t value, std::string_view unit) {
    if (value == 0) return;
    out += fmt::format("{}{}{} {}{}", out.empty() ? "" : " ", before && value > 0 ? "+" : "", value, unit,
                       value != 1 ? "s" : "");
    before = value < 0;
  };
  part(interval.months / 12, "year");
  part(interval.months % 12, "mon");
  part(interval.days, "day");
  if (interval.micros == 0 && !out.empty()) return out;
  const bool minus = interval.micros < 0;
  const uint64_t size = minus ? 0 - static_cast<uint64_t>(interval.micros) : static_cast<uint64_t>(interval.micros);
  const uint64_t seconds = size / kMicrosPerSecond;
  out += fmt::format("{}{}{:02}:{:02}:{:02}", out.empty() ? "" : " ",
                     minus    ? "-"
                     : before ? "+"
                              : "",
                     seconds / 3600, seconds / 60 % 60, seconds % 60);
  AppendFraction(out, static_cast<int64_t>(size % kMicrosPerSecond));
  return out;
}

__int128 IntervalSpan(const Interval& interval) {
  return static_cast<__int128>(interval.micros) +
         (static_cast<__int128>(interval.days) + static_cast<__int128>(interval.months) * 30) * kMicrosPerDay;
}

std::optional<int64_t> AddInterval(int64_t micros, const Interval& interval) {
  if (micros == kTimeInfinity || micros == kTimeMinusInfinity) return micros;
  if (interval.months != 0) {
    CivilTime t = CivilFromMicros(micros);
    const int64_t month = t.year * 12 + (t.month - 1) + interval.months;
    t.year = FloorDivide(month, 12);
    t.month = static_cast<int>(month - t.year * 12) + 1;
    const int64_t next = month + 1;
    const int64_t length =
        DaysFromCivil(FloorDivide(next, 12), static_cast<int>(next - FloorDivide(next, 12) * 12) + 1, 1) -
        DaysFromCivil(t.year, t.month, 1);
    t.day = static_cast<int>(std::min<int64_t>(t.day, length));
    if (t.year < -5000 || t.year > 295'000) return std::nullopt;
    micros = MicrosFromCivil(t);
  }
  const __int128 sum =
      static_cast<__int128>(micros) + static_cast<__int128>(interval.days) * kMicrosPerDay + interval.micros;
  if (sum < kFirstMicros || sum >= kEndMicros) return std::nullopt;
  return static_cast<int64_t>(sum);
}

std::optional<Interval> AddIntervals(const Interval& a, const Interval& b) {
  return Checked(__int128{a.months} + b.months, __int128{a.days} + b.days, __int128{a.micros} + b.micros);
}

std::optional<Interval> NegateInterval(const Interval& a) {
  return Checked(-__int128{a.months}, -__int128{a.days}, -__int128{a.micros});
}

namespace {

// What is left of a month becomes days, and of a day microseconds.
std::optional<Interval> IntervalOf(double months, double days, double micros_of_day) {
  if (!(std::fabs(months) <= INT32_MAX) || !(std::fabs(days) <= INT32_MAX)) return std::nullopt;
  // Rounded to microseconds, so that a third of a month three times is a month again.
  const auto to_micros = [](double value) { return std::rint(value * 1e6) / 1e6; };
  double month_days = to_micros((months - std::trunc(months)) * 30);
  double seconds = to_micros((days - std::trunc(days) + month_days - std::trunc(month_days)) * 86'400);
  double whole = std::trunc(days) + std::trunc(month_days);
  if (std::fabs(seconds) >= 86'400) {
    whole += std::trunc(seconds / 86'400);
    seconds -= std::trunc(seconds / 86'400) * 86'400;
  }
  const double micros = std::rint(micros_of_day + seconds * 1e6);
  if (!(std::fabs(micros) < 0x1p63) || std::fabs(whole) > INT32_MAX) return std::nullopt;
  return Interval{static_cast<int64_t>(micros), static_cast<int32_t>(whole), static_cast<int32_t>(std::trunc(months))};
}

}  // namespace

std::optional<Interval> ScaleInterval(const Interval& a, double factor) {
  return IntervalOf(a.months * factor, a.days * factor, static_cast<double>(a.micros) * factor);
}

std::optional<Interval> DivideInterval(const Interval& a, double divisor) {
  return IntervalOf(a.months / divisor, a.days / divisor, static_cast<double>(a.micros) / divisor);
}

Interval JustifyHours(const Interval& a) {
  Interval out = a;
  out.days += static_cast<int32_t>(a.micros / kMicrosPerDay);
  out.micros = a.micros % kMicrosPerDay;
  if (out.days > 0 && out.micros < 0) {
    out.micros += kMicrosPerDay;
    --out.days;
  } else if (out.days < 0 && out.micros > 0) {
    out.micros -= kMicrosPerDay;
    ++out.days;
  }
  return out;
}

Interval JustifyDays(const Interval& a) {
  Interval out = a;
  out.months += a.days / 30;
  out.days = a.days % 30;
  if (out.months > 0 && out.days < 0) {
    out.days += 30;
    --out.months;
  } else if (out.months < 0 && out.days > 0) {
    out.days -= 30;
    ++out.months;
  }
  return out;
}

Interval JustifyInterval(const Interval& a) {
  Interval out = JustifyDays(JustifyHours(a));
  if (out.months > 0 && (out.days < 0 || (out.days == 0 && out.micros < 0))) {
    out.days += 30;
    --out.months;
  } else if (out.months < 0 && (out.days > 0 || (out.days == 0 && out.micros > 0))) {
    out.days -= 30;
    ++out.months;
  }
  if (out.days > 0 && out.micros < 0) {
    out.micros += kMicrosPerDay;
    --out.days;
  } else if (out.days < 0 && out.micros > 0) {
    out.micros -= kMicrosPerDay;
    ++out.days;
  }
  return out;
}

Interval AgeBetween(int64_t later, int64_t earlier) {
  const bool negative = later < earlier;
  if (negative) std::swap(later, earlier);
  const CivilTime a = CivilFromMicros(later), b = CivilFromMicros(earlier);
  int64_t months = (a.year - b.year) * 12 + a.month - b.month;
  int64_t days = a.day - b.day;
  const auto clock = [](int64_t micros) { return micros - FloorDivide(micros, kMicrosPerDay) * kMicrosPerDay; };
  int64_t micros = clock(later) - clock(earlier);
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  if (days < 0) {
    // The month that is borrowed from is the earlier one's.
    const int64_t next = b.year * 12 + b.month;
    days += DaysFromCivil(FloorDivide(next, 12), static_cast<int>(next - FloorDivide(next, 12) * 12) + 1, 1) -
            DaysFromCivil(b.year, b.month, 1);
    --months;
  }
  const int sign = negative ? -1 : 1;
  return {sign * micros, static_cast<int32_t>(sign * days), static_cast<int32_t>(sign * months)};
}

}  // namespace rem

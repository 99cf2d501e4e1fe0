#include <fmt/format.h>

#include "base/time.h"
#include "sql/functions/by_value.h"
#include "sql/functions/number_template.h"
#include "sql/functions/time_template.h"
#include "types/cast.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

using enum LogicalType;

constexpr int64_t kJulianOf1970 = 2'440'588;

/// The fields of a moment, or of an interval.
struct Parts {
  int64_t year = 0;
  int month = 0, day = 0;
  int64_t hour = 0;
  int minute = 0, second = 0, micros = 0;
  int64_t day_of_year = 0, days = 0;
  bool interval = false, zoned = false;

  int64_t shown_year() const { return interval || year > 0 ? year : 1 - year; }
};

int64_t DayOfWeek(int64_t days) { return ((days + 4) % 7 + 7) % 7; }

int64_t IsoYear(const Parts& parts, int64_t& week) {
  const int64_t thursday = parts.days + 3 - (DayOfWeek(parts.days) + 6) % 7;
  const int64_t year = CivilFromMicros(thursday * kMicrosPerDay).year;
  week = (thursday - DaysFromCivil(year, 1, 1)) / 7 + 1;
  return year;
}
int64_t IsoDayOfYear(const Parts& parts) {
  int64_t week = 0;
  IsoYear(parts, week);
  return (week - 1) * 7 + (DayOfWeek(parts.days) + 6) % 7 + 1;
}

std::string InCase(std::string_view name, LetterCase letters) {
  std::string out(name);
  for (size_t i = 0; i < out.size(); ++i) {
    char& c = out[i];
    const bool upper = letters == LetterCase::kUpper || (letters == LetterCase::kCapital && i == 0);
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

/// Writes one moment by a template.
class Writer {
 public:
  explicit Writer(const Parts& parts) : parts_(parts) {}

  std::string Write(const std::vector<TimeTemplateItem>& items) {
    for (const TimeTemplateItem& item : items) {
      if (item.is_field) {
        Field(item);
      } else {
        out_ += item.text;
      }
    }
    return std::move(out_);
  }

 private:
  // `width` digits at least, without FM; the sign counts for itself.
  void Number(const TimeTemplateItem& item, int64_t value, int width) {
    const std::string digits = fmt::format("{}", value < 0 ? -value : value);
    if (value < 0) out_ += '-';
    if (!item.fill && digits.size() < static_cast<size_t>(width))
      out_.append(static_cast<size_t>(width) - digits.size(), '0');
    out_ += digits;
    if (!item.ordinal) return;
    const int64_t last = (value < 0 ? -value : value) % 100;
    const std::string_view suffix = last >= 11 && last <= 13 ? "th"
                                    : last % 10 == 1         ? "st"
                                    : last % 10 == 2         ? "nd"
                                    : last % 10 == 3         ? "rd"
                                                             : "th";
    out_ += InCase(suffix, item.ordinal_lower ? LetterCase::kLower : LetterCase::kUpper);
  }
  void Name(const TimeTemplateItem& item, std::string_view name, size_t width) {
    std::string text = InCase(name, item.letters);
    if (!item.fill && text.size() < width) text.append(width - text.size(), ' ');
    out_ += text;
  }
  void RefuseInterval() const {
    if (!parts_.interval) return;
    throw Error(ErrorCode::kInvalidDatetime, "invalid format specification for an interval value",
                "Intervals are not tied to specific calendar dates.")
        .WithSqlState("22007");
  }

  void Field(const TimeTemplateItem& item) {
    switch (item.field) {
      case TimeField::kHour12:
        return Number(item, parts_.hour % 12 == 0 ? 12 : parts_.hour % 12, 2);
      case TimeField::kHour24:
        return Number(item, parts_.hour, 2);
      case TimeField::kMinute:
        return Number(item, parts_.minute, 2);
      case TimeField::kSecond:
        return Number(item, parts_.second, 2);
      case TimeField::kMillisecond:
        return Number(item, parts_.micros / 1000, 3);
      case TimeField::kFraction: {
        int64_t value = parts_.micros;
        for (int i = item.digits; i < 6; ++i) value /= 10;
        return Number(item, value, item.digits);
      }
      case TimeField::kSecondOfDay:
        return Number(item, parts_.hour * 3600 + parts_.minute * 60 + parts_.second, 1);
      case TimeField::kMeridiem:
      case TimeField::kEra:
        return Period(item);
      case TimeField::kZone:
      case TimeField::kOffset:
      case TimeField::kZoneHours:
      case TimeField::kZoneMinutes:
        return Zone(item);
      case TimeField::kFixed:
        return;
      default:
        return Date(item);
    }
  }

  void Period(const TimeTemplateItem& item) {
    std::string_view text;
    if (item.field == TimeField::kMeridiem) {
      const bool morning = parts_.hour % 24 < 12;
      text = item.dotted ? (morning ? "A.M." : "P.M.") : (morning ? "AM" : "PM");
    } else {
      RefuseInterval();
      const bool before = parts_.year <= 0;
      text = item.dotted ? (before ? "B.C." : "A.D.") : (before ? "BC" : "AD");
    }
    out_ += InCase(text, item.letters == LetterCase::kLower ? LetterCase::kLower : LetterCase::kUpper);
  }

  void Zone(const TimeTemplateItem& item) {
    RefuseInterval();
    if (item.field == TimeField::kZone) {
      if (parts_.zoned) out_ += item.letters == LetterCase::kLower ? "utc" : "UTC";
    } else {
      out_ += item.field == TimeField::kZoneMinutes ? "00" : "+00";
    }
  }

  void Date(const TimeTemplateItem& item) {
    int64_t week = 0;
    switch (item.field) {
      case TimeField::kMonthName:
      case TimeField::kMonthShort:
        RefuseInterval();
        if (item.field == TimeField::kMonthName) return Name(item, kMonthNames[parts_.month - 1], 9);
        return Name(item, kMonthNames[parts_.month - 1].substr(0, 3), 0);
      case TimeField::kMonthRoman:
        // Intervals count months from 0 to 11, and end at the other side below 0.
        if (parts_.interval && parts_.month == 0 && parts_.year == 0) return;
        return Name(item,
                    kRomanMonths[parts_.month == 0  ? (parts_.year >= 0 ? 0 : 11)
                                 : parts_.month > 0 ? 12 - parts_.month
                                                    : -parts_.month - 1],
                    4);
      case TimeField::kMonth:
        return Number(item, parts_.month, 2);
      case TimeField::kDayName:
      case TimeField::kDayShort:
        RefuseInterval();
        if (item.field == TimeField::kDayName) return Name(item, kDayNames[DayOfWeek(parts_.days)], 9);
        return Name(item, kDayNames[DayOfWeek(parts_.days)].substr(0, 3), 0);
      case TimeField::kDayOfYear:
        return Number(item, parts_.day_of_year, 3);
      case TimeField::kIsoDayOfYear:
        return Number(item, IsoDayOfYear(parts_), 3);
      case TimeField::kDay:
        return Number(item, parts_.day, 2);
      case TimeField::kDayOfWeek:
        RefuseInterval();
        return Number(item, DayOfWeek(parts_.days) + 1, 1);
      case TimeField::kIsoDayOfWeek:
        RefuseInterval();
        return Number(item, (DayOfWeek(parts_.days) + 6) % 7 + 1, 1);
      case TimeField::kWeek:
        return Number(item, (parts_.day_of_year - 1) / 7 + 1, 2);
      case TimeField::kIsoWeek:
        IsoYear(parts_, week);
        return Number(item, week, 2);
      case TimeField::kWeekOfMonth:
        return Number(item, (parts_.day - 1) / 7 + 1, 1);
      case TimeField::kQuarter:
        if (parts_.month == 0) return;
        return Number(item, (parts_.month - 1) / 3 + 1, 1);
      case TimeField::kJulian:
        return Number(item, parts_.days + kJulianOf1970, 1);
      default:
        return Year(item);
    }
  }

  void Year(const TimeTemplateItem& item) {
    int64_t week = 0, year = parts_.shown_year();
    if (item.field == TimeField::kCentury) {
      const int64_t y = parts_.year;
      return Number(item, parts_.interval ? y / 100 : y > 0 ? (y - 1) / 100 + 1 : y / 100 - 1, 2);
    }
    if (item.field == TimeField::kIsoYear) {
      year = IsoYear(parts_, week);
      if (year <= 0) year = 1 - year;
    }
    if (item.field == TimeField::kYearComma) {
      out_ += fmt::format("{},{:03}", year / 1000, year % 1000);
      return;
    }
    static constexpr int64_t kPowers[] = {1, 10, 100, 1000};
    Number(item, item.digits == 4 ? year : year % kPowers[item.digits], item.digits);
  }

  const Parts& parts_;
  std::string out_;
};

Parts PartsOfMicros(int64_t micros, bool zoned) {
  const CivilTime t = CivilFromMicros(micros);
  Parts parts{t.year, t.month, t.day, t.hour, t.minute, t.second, t.micros};
  parts.days = DaysFromCivil(t.year, t.month, t.day);
  parts.day_of_year = parts.days - DaysFromCivil(t.year, 1, 1) + 1;
  parts.zoned = zoned;
  return parts;
}

Parts PartsOfInterval(const Interval& interval) {
  Parts parts;
  parts.interval = true;
  parts.year = interval.months / 12;
  parts.month = interval.months % 12;
  parts.day = interval.days;
  const int64_t seconds = interval.micros / kMicrosPerSecond;
  parts.hour = seconds / 3600;
  parts.minute = static_cast<int>(seconds / 60 % 60);
  parts.second = static_cast<int>(seconds % 60);
  parts.micros = static_cast<int>(interval.micros % kMicrosPerSecond);
  parts.day_of_year = (parts.year * 12 + parts.month) * 30 + parts.day;
  return parts;
}

Value ToChar(const Value* a, size_t, LogicalType) {
  const std::string& format = a[1].AsText();
  if (format.empty()) return Value();
  Parts parts;
  if (a[0].type() == kInterval) {
    parts = PartsOfInterval(a[0].AsInterval());
  } else {
    const int64_t micros = a[0].raw_int();
    if (micros == kTimeInfinity || micros == kTimeMinusInfinity) return Value();
    parts = PartsOfMicros(micros, a[0].type() == kTimestamp);
  }
  return Value(Writer(parts).Write(ParseTimeTemplate(format)));
}

Value ToTimestamp(const Value* a, size_t, LogicalType) {
  return Value(Timestamp{ReadTimeByTemplate(a[0].AsText(), a[1].AsText())});
}
Value ToDate(const Value* a, size_t, LogicalType) {
  const int64_t micros = ReadTimeByTemplate(a[0].AsText(), a[1].AsText());
  return Value::OfInt(kDate, micros / kMicrosPerDay - (micros % kMicrosPerDay < 0));
}

}  // namespace

void AddToCharFunctions(std::vector<Function>& out) {
  AddNumberTemplateFunctions(out);
  AddToNumberFunctions(out);
  for (const LogicalType type : {kTimestamp, kLocalTimestamp, kInterval})
    out.push_back({"to_char", {type, kText}, kText, ByValue<ToChar>});
  out.push_back({"to_timestamp", {kText, kText}, kTimestamp, ByValue<ToTimestamp>});
  out.push_back({"to_date", {kText, kText}, kDate, ByValue<ToDate>});
}

}  // namespace rem::sql

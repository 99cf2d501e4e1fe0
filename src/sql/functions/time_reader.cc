#include <algorithm>
#include <charconv>

#include <rem/error.h>

#include "base/time.h"
#include "base/utf8.h"
#include "sql/functions/time_template.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsSeparator(std::string_view text) {
  const char c = text.empty() ? '\0' : text[0];
  return c > 0x20 && c < 0x7F && !IsLetter(c) && !IsDigit(c);
}
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

[[noreturn]] void ThrowFormat(std::string message, std::string detail = {}, std::string hint = {}) {
  Error error(ErrorCode::kInvalidDatetime, std::move(message), std::move(hint));
  if (!detail.empty()) error = std::move(error).WithDetail(std::move(detail));
  throw std::move(error).WithSqlState("22007");
}
[[noreturn]] void ThrowRange(std::string_view text) {
  throw Error(ErrorCode::kInvalidDatetime,
              "date/time field value out of range: \"" + std::string(Utf8Prefix(text, 100)) + "\"");
}

// Years of fewer than four digits lie around 2020.
int64_t FullYear(int64_t year) {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}

/// Reads a text along a template, as PostgreSQL's to_timestamp does.
class Reader {
 public:
  Reader(std::string_view text, std::string_view format) : text_(text), items_(ParseTimeTemplate(format)) {}

  int64_t Read() {
    for (size_t i = 0; i < items_.size() && at_ < text_.size(); ++i) Step(i);
    return Combine();
  }

 private:
  void Step(size_t i) {
    const TimeTemplateItem& item = items_[i];
    if (!fixed_ && !(item.is_field && item.field == TimeField::kFixed) && (item.is_field || i == 0)) SkipSpaces();
    if (!item.is_field) return Character(item);
    if (at_ >= text_.size()) return;
    Field(i);
    if (fixed_) return;
    extra_ = 0;
    SkipSpaces();
  }

  void SkipSpaces() {
    while (at_ < text_.size() && IsSpace(text_[at_])) {
      ++at_;
      ++extra_;
    }
  }
  void SkipCharacter() {
    if (at_ < text_.size()) NextCodePoint(text_, at_);
  }
  // In the text any character may stand where the template has one that is no field.
  void Character(const TimeTemplateItem& item) {
    const bool separator = !item.quoted && (IsSpace(item.text[0]) || IsSeparator(item.text));
    if (fixed_) return SkipCharacter();
    if (separator) {
      --extra_;
      if (at_ < text_.size() && (IsSpace(text_[at_]) || IsSeparator(text_.substr(at_)))) {
        ++at_;
        ++extra_;
      }
    } else if (extra_ > 0) {
      --extra_;
    } else {
      SkipCharacter();
    }
  }

  bool EndsAtNonDigit(size_t i) const {
    if (items_[i].ordinal || i + 1 >= items_.size()) return true;
    const TimeTemplateItem& next = items_[i + 1];
    if (!next.is_field) return !IsDigit(next.text[0]);
    switch (next.field) {
      case TimeField::kMonthName:
      case TimeField::kMonthShort:
      case TimeField::kMonthRoman:
      case TimeField::kDayName:
      case TimeField::kDayShort:
      case TimeField::kMeridiem:
      case TimeField::kEra:
      case TimeField::kZone:
      case TimeField::kZoneHours:
      case TimeField::kZoneMinutes:
      case TimeField::kOffset:
      case TimeField::kFixed:
        return true;
      default:
        return false;
    }
  }

  // As many digits as the field has, or all of them where something else follows. Gives how many there were.
  int64_t Integer(size_t i, int64_t& value, int width) {
    const TimeTemplateItem& item = items_[i];
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    const size_t begin = at_;
    std::string_view digits = text_.substr(at_);
    const bool greedy = item.fill || EndsAtNonDigit(i);
    if (!greedy) {
      digits = Utf8Prefix(digits, static_cast<size_t>(width));
      if (digits.size() < static_cast<size_t>(width)) {
        ThrowFormat("source string too short for \"" + std::string(item.name) + "\" formatting field",
                    "Field requires " + std::to_string(width) + " characters, but only " +
                        std::to_string(digits.size()) + " remain.",
                    "If your source string is not fixed-width, try using the \"FM\" modifier.");
      }
    }
    size_t used = digits.starts_with('+') || digits.starts_with('-') ? 1 : 0;
    while (used < digits.size() && IsDigit(digits[used])) ++used;
    if (used == 0 || !IsDigit(digits[used - 1])) {
      ThrowFormat("invalid value \"" + std::string(Utf8Prefix(digits, static_cast<size_t>(width))) + "\" for \"" +
                      std::string(item.name) + "\"",
                  "Value must be an integer.");
    }
    if (!greedy && used < static_cast<size_t>(width)) {
      ThrowFormat("invalid value \"" + std::string(digits) + "\" for \"" + std::string(item.name) + "\"",
                  "Field requires " + std::to_string(width) + " characters, but only " + std::to_string(used) +
                      " could be parsed.",
                  "If your source string is not fixed-width, try using the \"FM\" modifier.");
    }
    const char* first = digits.data() + (digits[0] == '+' ? 1 : 0);
    const auto [end, error] = std::from_chars(first, digits.data() + used, value);
    if (error != std::errc() || value > INT32_MAX || value < INT32_MIN) {
      throw Error(ErrorCode::kInvalidDatetime,
                  "value for \"" + std::string(item.name) + "\" in source string is out of range",
                  "Value must be in the range -2147483648 to 2147483647.");
    }
    at_ = begin + used;
    return static_cast<int64_t>(used);
  }
  void Set(int64_t& field, int64_t value, const TimeTemplateItem& item) {
    if (field != 0 && field != value) {
      ThrowFormat("conflicting values for \"" + std::string(item.name) + "\" field in formatting string",
                  "This value contradicts a previous setting for the same field type.");
    }
    field = value;
  }
  int64_t Number(size_t i, int64_t& field, int width) {
    int64_t value = 0;
    const int64_t used = Integer(i, value, width);
    Set(field, value, items_[i]);
    if (items_[i].ordinal) at_ = std::min(text_.size(), at_ + 2);
    return used;
  }

  template <typename Names>
  size_t Name(const Names& names, size_t length, const TimeTemplateItem& item) {
    for (size_t i = 0; i < std::size(names); ++i) {
      const std::string_view name = names[i].substr(0, length);
      const std::string_view have = text_.substr(at_, name.size());
      if (std::ranges::equal(name, have, {}, Lower, Lower)) {
        at_ += name.size();
        return i;
      }
    }
    size_t end = at_;
    while (end < text_.size() && !IsSpace(text_[end])) ++end;
    ThrowFormat(
        "invalid value \"" + std::string(text_.substr(at_, end - at_)) + "\" for \"" + std::string(item.name) + "\"",
        "The given value did not match any of the allowed values for this field.");
  }

  void Field(size_t i) {
    static constexpr std::string_view kMeridiems[] = {"am", "pm"}, kDottedMeridiems[] = {"a.m.", "p.m."};
    static constexpr std::string_view kEras[] = {"ad", "bc"}, kDottedEras[] = {"a.d.", "b.c."};
    constexpr size_t kAll = std::string_view::npos;
    const TimeTemplateItem& item = items_[i];
    switch (item.field) {
      case TimeField::kFixed:
        fixed_ = true;
        return;
      case TimeField::kHour12:
      case TimeField::kHour24:
        Number(i, hour_, 2);
        twelve_ |= item.field == TimeField::kHour12;
        return;
      case TimeField::kMeridiem:
        pm_ = Name(item.dotted ? kDottedMeridiems : kMeridiems, kAll, item) == 1;
        twelve_ = true;
        return;
      case TimeField::kEra:
        bc_ = Name(item.dotted ? kDottedEras : kEras, kAll, item) == 1;
        return;
      case TimeField::kMinute:
        Number(i, minute_, 2);
        return;
      case TimeField::kSecond:
        Number(i, second_, 2);
        return;
      case TimeField::kMillisecond: {
        const int64_t used = Number(i, millis_, 3);
        millis_ *= used == 1 ? 100 : used == 2 ? 10 : 1;
        return;
      }
      case TimeField::kFraction: {
        int64_t used = Number(i, micros_, item.digits);
        for (; used < 6; ++used) micros_ *= 10;
        return;
      }
      case TimeField::kSecondOfDay:
        Number(i, second_of_day_, item.digits);
        return;
      case TimeField::kMonth:
        Number(i, month_, 2);
        return;
      case TimeField::kMonthName:
        return Set(month_, static_cast<int64_t>(Name(kMonthNames, kAll, item)) + 1, item);
      case TimeField::kMonthShort:
        return Set(month_, static_cast<int64_t>(Name(kMonthNames, 3, item)) + 1, item);
      case TimeField::kMonthRoman:
        return Set(month_, 12 - static_cast<int64_t>(RomanMonth(item)), item);
      case TimeField::kDayName:
        Name(kDayNames, kAll, item);
        return;
      case TimeField::kDayShort:
        Name(kDayNames, 3, item);
        return;
      case TimeField::kDay:
        Number(i, day_, 2);
        return;
      case TimeField::kDayOfYear:
        Number(i, day_of_year_, 3);
        return;
      case TimeField::kDayOfWeek:
      case TimeField::kQuarter:
        Number(i, ignored_, 1);
        ignored_ = 0;
        return;
      case TimeField::kWeek:
        Number(i, week_, 2);
        return;
      case TimeField::kWeekOfMonth:
        Number(i, week_of_month_, 1);
        return;
      case TimeField::kJulian:
        Number(i, julian_, 1);
        return;
      case TimeField::kYear:
      case TimeField::kYearComma:
        return Year(i);
      case TimeField::kZone:
      case TimeField::kZoneHours:
      case TimeField::kZoneMinutes:
      case TimeField::kOffset:
        throw Error(ErrorCode::kNotSupported,
                    "formatting field \"" + std::string(item.name) + "\" is only supported in to_char");
      default:
        throw Error(ErrorCode::kNotSupported,
                    "not supported yet: the field \"" + std::string(item.name) + "\" in to_date and to_timestamp",
                    "use years, months and days");
    }
  }
  size_t RomanMonth(const TimeTemplateItem& item) { return Name(kRomanMonths, std::string_view::npos, item); }

  void Year(size_t i) {
    const TimeTemplateItem& item = items_[i];
    if (item.field == TimeField::kYearComma) {
      int64_t thousands = 0, rest = 0;
      const char* end = text_.data() + text_.size();
      const auto first = std::from_chars(text_.data() + at_, end, thousands);
      if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',')
        ThrowFormat("invalid input string for \"Y,YYY\"");
      const char* limit = std::min(end, first.ptr + 4);
      const auto second = std::from_chars(first.ptr + 1, limit, rest);
      if (second.ec != std::errc()) ThrowFormat("invalid input string for \"Y,YYY\"");
      at_ = static_cast<size_t>(second.ptr - text_.data());
      if (item.ordinal) at_ = std::min(text_.size(), at_ + 2);
      return Set(year_, thousands * 1000 + rest, item);
    }
    int64_t year = 0;
    const int64_t used = Integer(i, year, item.digits);
    if (item.digits < 4 && used < 4) year = FullYear(year);
    Set(year_, year, item);
    if (item.ordinal) at_ = std::min(text_.size(), at_ + 2);
  }

  int64_t Combine() {
    if (second_of_day_ > 0) {
      hour_ = second_of_day_ / 3600;
      minute_ = second_of_day_ / 60 % 60;
      second_ = second_of_day_ % 60;
    }
    if (twelve_) {
      if (hour_ < 1 || hour_ > 12) {
        ThrowFormat("hour \"" + std::to_string(hour_) + "\" is invalid for the 12-hour clock", {},
                    "Use the 24-hour clock, or give an hour between 1 and 12.");
      }
      hour_ = hour_ % 12 + (pm_ ? 12 : 0);
    }
    if (hour_ < 0 || hour_ > 23 || minute_ < 0 || minute_ > 59 || second_ < 0 || second_ > 59) ThrowRange(text_);
    const int64_t clock = ((hour_ * 60 + minute_) * 60 + second_) * kMicrosPerSecond + millis_ * 1000 + micros_;
    return Days() * kMicrosPerDay + clock;
  }

  int64_t Days() {
    int64_t year = year_;
    if (bc_) year = -year;
    if (year < 0) ++year;
    if (julian_ != 0) return julian_ - 2'440'588;
    if (week_ != 0) day_of_year_ = (week_ - 1) * 7 + 1;
    if (week_of_month_ != 0) day_ = (week_of_month_ - 1) * 7 + 1;
    if (day_of_year_ != 0 && month_ <= 1 && day_ <= 1) {
      if (year_ == 0 && !bc_) ThrowFormat("cannot calculate day of year without year information");
      const int64_t length = DaysFromCivil(year + 1, 1, 1) - DaysFromCivil(year, 1, 1);
      if (day_of_year_ < 1 || day_of_year_ > length) ThrowRange(text_);
      return DaysFromCivil(year, 1, 1) + day_of_year_ - 1;
    }
    const int64_t month = month_ == 0 ? 1 : month_, day = day_ == 0 ? 1 : day_;
    if (month < 1 || month > 12 || day < 1 || day > 31 || year < -4713 || year > 294'276) ThrowRange(text_);
    const int64_t next =
        month == 12 ? DaysFromCivil(year + 1, 1, 1) : DaysFromCivil(year, static_cast<int>(month) + 1, 1);
    const int64_t days = DaysFromCivil(year, static_cast<int>(month), static_cast<int>(day));
    if (days >= next) ThrowRange(text_);
    return days;
  }

  std::string_view text_;
  std::vector<TimeTemplateItem> items_;
  size_t at_ = 0;
  int64_t extra_ = 0;
  bool fixed_ = false;
  int64_t year_ = 0, month_ = 0, day_ = 0, day_of_year_ = 0, week_ = 0, week_of_month_ = 0, julian_ = 0, ignored_ = 0;
  int64_t hour_ = 0, minute_ = 0, second_ = 0, millis_ = 0, micros_ = 0, second_of_day_ = 0;
  bool twelve_ = false, pm_ = false, bc_ = false;
};

}  // namespace

int64_t ReadTimeByTemplate(std::string_view text, std::string_view format) { return Reader(text, format).Read(); }

}  // namespace rem::sql

#include "types/datetime_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "base/time.h"
#include "types/datetime.h"
#include "types/time_zone.h"

namespace rem {

namespace {

constexpr size_t kMaxTextBytes = 200;
constexpr int64_t kJulianOf1970 = 2'440'588;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}
bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}
int64_t NumberOf(std::string_view digits) {
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// 1 to 12 for a name of three letters or more; 0 for none.
int MonthNamed(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                               "may",       "june",     "july",     "august",
                                                               "september", "october",  "november", "december"};
  if (name == "sept") return 9;
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (name == kMonths[i] || name == kMonths[i].substr(0, 3)) return static_cast<int>(i) + 1;
  }
  return 0;
}
bool IsDayName(std::string_view name) {
  static constexpr std::string_view kDays[] = {"sunday", "sun",       "monday", "mon",  "tuesday",  "tue",
                                               "tues",   "wednesday", "wed",    "weds", "thursday", "thu",
                                               "thur",   "thurs",     "friday", "fri",  "saturday", "sat"};
  for (const std::string_view day : kDays) {
    if (name == day) return true;
  }
  return false;
}

/// Collects the fields of a text, one word after the other.
class Reader {
 public:
  Reader(std::string_view text, bool clock_only) : text_(text), clock_only_(clock_only) {}

  bool Read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (IsSpace(c) || c == ',') {
        ++at_;
      } else if (!(IsDigit(c) ? Digits() : IsLetter(c) ? Word() : c == '+' || c == '-' ? Offset() : false)) {
        return false;
      }
    }
    return true;
  }

  std::optional<int64_t> Finish(LogicalType to, bool& out_of_range) {
    if (special_) return to == LogicalType::kTime ? std::nullopt : Special(to);
    if (to == LogicalType::kTime ? !has_clock_
                                 : !(julian_ || (has_year_ && month_ != 0 && day_ != 0) || day_of_year_ != 0))
      return std::nullopt;
    if (!Clock()) {
      out_of_range = true;
      return std::nullopt;
    }
    if (to == LogicalType::kTime) return clock_;
    const auto days = Days();
    if (!days || *days < -kJulianOf1970 || *days > (to == LogicalType::kDate ? 2'145'042'905 : 106'751'990)) {
      out_of_range = true;
      return std::nullopt;
    }
    if (to == LogicalType::kDate) return days;
    const int64_t micros = *days * kMicrosPerDay + clock_;
    if (to == LogicalType::kLocalTimestamp) return micros;
    return zone_ != nullptr ? zone_->ToUtc(micros) : micros - offset_ * kMicrosPerSecond;
  }

 private:
  std::optional<int64_t> Special(LogicalType) const { return special_; }

  std::string_view Take(std::string_view extra, bool letters) {
    const size_t begin = at_;
    while (at_ < text_.size() && (IsDigit(text_[at_]) || (letters && IsLetter(text_[at_])) ||
                                  extra.find(text_[at_]) != std::string_view::npos))
      ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool Digits() {
    size_t end = at_;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    const char next = end < text_.size() ? text_[end] : '\0';
    if (next == ':') return ClockText(Take(":.", false));
    const bool date_there = has_year_ || day_of_year_ != 0;
    if (next == '/' || (next == '-' && !date_there) || (next == '.' && !date_there && !expect_clock_)) {
      const char behind = end + 1 < text_.size() ? text_[end + 1] : '\0';
      if (IsDigit(behind) || IsLetter(behind)) return DateText(next);
    }
    if (next == '.' && (date_there || expect_clock_)) return ClockDigits(Take(".", false));
    return Number(Take("", false));
  }

  // "1999-01-08", "8-Jan-1999", "1/8/1999", "1999.008".
  bool DateText(char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
      const bool letters = at_ < text_.size() && IsLetter(text_[at_]);
      const size_t begin = at_;
      while (at_ < text_.size() && (letters ? IsLetter(text_[at_]) : IsDigit(text_[at_]))) ++at_;
      if (at_ == begin) return false;
      parts.push_back(text_.substr(begin, at_ - begin));
      if (parts.size() == 3 || at_ + 1 >= text_.size() || text_[at_] != separator || IsSpace(text_[at_ + 1])) break;
      ++at_;
    }
    if (has_year_ || month_ != 0 || day_ != 0) return false;
    if (parts.size() == 2 && AllDigits(parts[0]) && parts[1].size() == 3 && AllDigits(parts[1])) {
      SetYear(parts[0]);
      day_of_year_ = NumberOf(parts[1]);
      return true;
    }
    if (parts.size() != 3) return false;
    for (size_t i = 0; i < 3; ++i) {
      if (AllDigits(parts[i])) continue;
      month_ = MonthNamed(Lower(parts[i]));
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
      if (month_ == 0 || !AllDigits(parts[0]) || !AllDigits(parts[1])) return false;
      const size_t year = parts[0].size() > 2 ? 0 : 1;
      SetYear(parts[year]);
      return SetDay(parts[1 - year]);
    }
    const size_t year = parts[0].size() > 2 ? 0 : 2;
    SetYear(parts[year]);
    month_ = NumberOf(parts[year == 0 ? 1 : 0]);
    if (month_ == 0) month_ = 13;
    return SetDay(parts[year == 0 ? 2 : 1]);
  }

  bool Number(std::string_view digits) {
    if (expect_clock_ || (clock_only_ && digits.size() <= 6)) return ClockDigits(digits);
    if (digits.size() == 8 && !has_year_) {
      SetYear(digits.substr(0, 4));
      month_ = NumberOf(digits.substr(4, 2));
      return SetDay(digits.substr(6));
    }
    if (digits.size() == 6 && !has_year_ && month_ == 0) {
      SetYear(digits.substr(0, 2));
      month_ = NumberOf(digits.substr(2, 2));
      return SetDay(digits.substr(4));
    }
    const bool date_there = (has_year_ && month_ != 0 && day_ != 0) || day_of_year_ != 0;
    if ((digits.size() == 6 || digits.size() == 4) && !has_clock_ &&
        (date_there || (month_ == 0 && day_ == 0 && !has_year_ && text_.size() == digits.size())))
      return ClockDigits(digits);
    if (month_ == 0 && !has_year_) {
      if (digits.size() > 2) {
        SetYear(digits);
        return true;
      }
      return day_ == 0 && SetDay(digits);
    }
    if (month_ == 0 && has_year_) return false;
    if (day_ == 0 && digits.size() <= 2) return SetDay(digits);
    if (has_year_) return false;
    SetYear(digits);
    return true;
  }

  void SetYear(std::string_view digits) {
    year_ = digits.size() > 9 ? 999'999'999 : NumberOf(digits);
    has_year_ = true;
    if (digits.size() <= 2) {
      short_year_ = true;
      full_year_ = year_ < 70 ? year_ + 2000 : year_ + 1900;
    }
  }
  bool SetDay(std::string_view digits) {
    day_ = digits.size() > 4 ? 99 : NumberOf(digits);
    if (day_ == 0) day_ = 99;
    return true;
  }

  // "04:05", "04:05:06.789".
  bool ClockText(std::string_view text) {
    if (has_clock_) return false;
    int64_t fields[3] = {0, 0, 0};
    size_t count = 0;
    std::string_view rest = text;
    for (;; ++count) {
      if (count == 3) return false;
      const size_t end = std::min(rest.find_first_not_of("0123456789"), rest.size());
      if (end == 0 || end > 9) return false;
      fields[count] = NumberOf(rest.substr(0, end));
      rest.remove_prefix(end);
      if (rest.empty() || rest[0] == '.') break;
      rest.remove_prefix(1);
    }
    if (count == 0) return false;
    hour_ = fields[0];
    minute_ = fields[1];
    second_ = fields[2];
    // "4:05.5" are minutes and seconds.
    if (!rest.empty() && count == 1) {
      second_ = minute_;
      minute_ = hour_;
      hour_ = 0;
    }
    return Fraction(rest);
  }
  // "040506", "0405", "040506.789".
  bool ClockDigits(std::string_view text) {
    if (has_clock_) return false;
    const std::string_view digits = text.substr(0, text.find('.'));
    expect_clock_ = false;
    if (digits.size() != 6 && digits.size() != 4 && digits.size() != 2) return false;
    hour_ = NumberOf(digits.substr(0, 2));
    minute_ = digits.size() > 2 ? NumberOf(digits.substr(2, 2)) : 0;
    second_ = digits.size() > 4 ? NumberOf(digits.substr(4)) : 0;
    return Fraction(text.substr(digits.size()));
  }
  bool Fraction(std::string_view text) {
    has_clock_ = true;
    expect_clock_ = false;
    if (text.empty()) return true;
    if (text.size() > 1 && !AllDigits(text.substr(1))) return false;
    const std::string number = "0" + std::string(text) + "0";
    double fraction = 0;
    std::from_chars(number.data(), number.data() + number.size(), fraction);
    fraction_ = static_cast<int64_t>(std::rint(fraction * 1e6));
    return true;
  }

  bool Word() {
    const size_t begin = at_;
    // "Jan-08-1999", and J2451187.
    while (at_ < text_.size() && IsLetter(text_[at_])) ++at_;
    const std::string word = Lower(text_.substr(begin, at_ - begin));
    const char next = at_ < text_.size() ? text_[at_] : '\0', behind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (const int month = MonthNamed(word); month != 0) {
      if ((next == '-' || next == '/') && IsDigit(behind) && !has_year_ && day_ == 0) {
        at_ = begin;
        return DateText(next);
      }
      if (month_ != 0) return false;
      month_ = month;
      return true;
    }
    if ((word == "j" || word == "jd") && IsDigit(next)) {
      const std::string_view digits = Take("", false);
      if (digits.size() > 9) return false;
      julian_ = NumberOf(digits);
      return true;
    }
    if (word == "t" && IsDigit(next)) {
      expect_clock_ = true;
      return true;
    }
    if (next == '/' || next == '_' || ((next == '+' || next == '-') && IsDigit(behind) && word.size() > 2)) {
      Take("/_+-:", true);
      return Zone(text_.substr(begin, at_ - begin));
    }
    return Named(word);
  }

  bool Named(const std::string& word) {
    if (word == "am" || word == "pm") {
      meridiem_ = word[0];
      return has_clock_;
    }
    if (word == "bc" || word == "ad") {
      bc_ = word == "bc";
      return true;
    }
    if (IsDayName(word) || word == "at" || word == "on") return true;
    if (word == "allballs") {
      has_clock_ = true;
      return true;
    }
    if (word == "epoch") special_ = 0;
    if (word == "infinity") special_ = kTimeInfinity;
    if (special_) return at_ == text_.size();
    return Zone(word);
  }

  bool Zone(std::string_view name) {
    zone_ = TimeZone::Find(name);
    return zone_ != nullptr && (has_clock_ || has_year_);
  }

  // "+05:30", "-8", "+0530", "-infinity".
  bool Offset() {
    const bool minus = text_[at_++] == '-';
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    if (at_ < text_.size() && IsLetter(text_[at_])) {
      if (Lower(text_.substr(at_)) != "infinity") return false;
      special_ = minus ? kTimeMinusInfinity : kTimeInfinity;
      at_ = text_.size();
      return true;
    }
    std::string_view text = Take(":", false);
    if (!has_clock_ || text.empty()) return false;
    int64_t fields[3] = {0, 0, 0};
    if (text.find(':') == std::string_view::npos && text.size() > 2) {
      if (text.size() > 6) return false;
      fields[0] = NumberOf(text.substr(0, text.size() - 2));
      fields[1] = NumberOf(text.substr(text.size() - 2));
    } else {
      for (size_t i = 0; !text.empty(); ++i) {
        if (i == 3) return false;
        const size_t colon = std::min(text.find(':'), text.size());
        if (colon == 0 || colon > 2) return false;
        fields[i] = NumberOf(text.substr(0, colon));
        text.remove_prefix(std::min(text.size(), colon + 1));
      }
    }
    if (fields[0] > 15 || fields[1] > 59 || fields[2] > 59) return false;
    const int64_t seconds = fields[0] * 3600 + fields[1] * 60 + fields[2];
    offset_ = minus ? -seconds : seconds;
    return true;
  }

  bool Clock() {
    if (meridiem_ != 0) {
      if (hour_ > 12 || hour_ < 0) return false;
      hour_ = hour_ % 12 + (meridiem_ == 'p' ? 12 : 0);
    }
    if (hour_ > 24 || minute_ > 59 || second_ > 60 || (hour_ == 24 && (minute_ > 0 || second_ > 0 || fraction_ > 0)))
      return false;
    clock_ = ((hour_ * 60 + minute_) * 60 + second_) * kMicrosPerSecond + fraction_;
    return clock_ <= kMicrosPerDay;
  }

  std::optional<int64_t> Days() const {
    if (julian_) return *julian_ - kJulianOf1970;
    int64_t year = short_year_ && !bc_ ? full_year_ : year_;
    if (year == 0 || (bc_ && year <= 0) || year > 6'000'000) return std::nullopt;
    if (bc_) year = 1 - year;
    if (day_of_year_ != 0) {
      const int64_t length = DaysFromCivil(year + 1, 1, 1) - DaysFromCivil(year, 1, 1);
      if (day_of_year_ > length) return std::nullopt;
      return DaysFromCivil(year, 1, 1) + day_of_year_ - 1;
    }
    if (month_ < 1 || month_ > 12 || day_ < 1 || day_ > 31) return std::nullopt;
    const auto month = static_cast<int>(month_);
    const int64_t next = month == 12 ? DaysFromCivil(year + 1, 1, 1) : DaysFromCivil(year, month + 1, 1);
    const int64_t days = DaysFromCivil(year, month, static_cast<int>(day_));
    if (days >= next) return std::nullopt;
    return days;
  }

  std::string_view text_;
  const bool clock_only_;
  size_t at_ = 0;
  bool has_year_ = false, short_year_ = false, has_clock_ = false, expect_clock_ = false, bc_ = false;
  int64_t year_ = 0, full_year_ = 0, month_ = 0, day_ = 0, day_of_year_ = 0;
  int64_t hour_ = 0, minute_ = 0, second_ = 0, fraction_ = 0, clock_ = 0, offset_ = 0;
  char meridiem_ = 0;
  std::optional<int64_t> julian_, special_;
  std::shared_ptr<const TimeZone> zone_;
};

}  // namespace

std::optional<int64_t> ParseTimeText(std::string_view text, LogicalType to, bool& out_of_range) {
  out_of_range = false;
  if (text.size() > kMaxTextBytes) return std::nullopt;
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  Reader reader(text, to == LogicalType::kTime);
  return reader.Read() ? reader.Finish(to, out_of_range) : std::nullopt;
}

}  // namespace rem

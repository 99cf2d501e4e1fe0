#include "schema/formats.h"

namespace rem {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes fixed-width parts from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  /// Exactly `digits` digits.
  bool TakeNumber(size_t digits, int& value) {
    if (text_.size() < digits) return false;
    value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (!IsDigit(text_[i])) return false;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return true;
  }

  bool TakeDigits() {
    size_t count = 0;
    while (count < text_.size() && IsDigit(text_[count])) ++count;
    text_.remove_prefix(count);
    return count > 0;
  }

  bool done() const { return text_.empty(); }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

bool TakeDate(Scanner& scanner) {
  int year, month, day;
  if (!scanner.TakeNumber(4, year) || !scanner.Take('-') || !scanner.TakeNumber(2, month) || !scanner.Take('-') ||
      !scanner.TakeNumber(2, day))
    return false;
  if (month < 1 || month > 12 || day < 1) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (leap && month == 2 ? 1 : 0);
}

bool TakeTime(Scanner& scanner) {
  int hour, minute, second;
  if (!scanner.TakeNumber(2, hour) || !scanner.Take(':') || !scanner.TakeNumber(2, minute) || !scanner.Take(':') ||
      !scanner.TakeNumber(2, second))
    return false;
  if (hour > 23 || minute > 59 || second > 60) return false;
  if (scanner.Take('.') && !scanner.TakeDigits()) return false;
  int offset = 0;
  if (!scanner.Take('Z') && !scanner.Take('z')) {
    const bool plus = scanner.Take('+');
    int offset_hour, offset_minute;
    if (!plus && !scanner.Take('-')) return false;
    if (!scanner.TakeNumber(2, offset_hour) || !scanner.Take(':') || !scanner.TakeNumber(2, offset_minute))
      return false;
    if (offset_hour > 23 || offset_minute > 59) return false;
    offset = (offset_hour * 60 + offset_minute) * (plus ? 1 : -1);
  }
  if (second < 60) return true;
  // Leap seconds end a day in UTC.
  constexpr int kDay = 24 * 60;
  return (hour * 60 + minute - offset + kDay) % kDay == kDay - 1;
}

// Units in their order, each at most once and without a gap: "1Y2M" but not "1Y2D" (RFC 3339 appendix A).
bool TakeUnits(Scanner& scanner, std::string_view units) {
  size_t next = 0;
  bool first = true;
  while (!scanner.done() && scanner.rest()[0] != 'T') {
    if (!scanner.TakeDigits() || scanner.done()) return false;
    const size_t unit = units.find(scanner.rest()[0], next);
    if (unit == std::string_view::npos || (!first && unit != next)) return false;
    scanner.Take(scanner.rest()[0]);
    next = unit + 1;
    first = false;
  }
  return !first;
}

}  // namespace

bool IsDate(std::string_view text) {
  Scanner scanner(text);
  return TakeDate(scanner) && scanner.done();
}

bool IsTime(std::string_view text) {
  Scanner scanner(text);
  return TakeTime(scanner) && scanner.done();
}

bool IsDateTime(std::string_view text) {
  Scanner scanner(text);
  return TakeDate(scanner) && (scanner.Take('T') || scanner.Take('t')) && TakeTime(scanner) && scanner.done();
}

bool IsDuration(std::string_view text) {
  Scanner scanner(text);
  if (!scanner.Take('P') || scanner.done()) return false;
  if (text.back() == 'W') {
    return scanner.TakeDigits() && scanner.Take('W') && scanner.done();
  }
  if (scanner.rest()[0] != 'T' && !TakeUnits(scanner, "YMD")) return false;
  if (scanner.done()) return true;
  return scanner.Take('T') && TakeUnits(scanner, "HMS") && scanner.done();
}

}  // namespace rem

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "sql/functions/by_value.h"
#include "sql/functions/number_template.h"
#include "types/cast.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Item = NumberItem;
using Mark = NumberItem::Mark;

/// Writes one number. Follows what PostgreSQL does at each digit position, the odd corners included: where the sign
/// goes, which zeros FM leaves out, that "9.9" shows 0.1 as " .1".
class Writer {
 public:
  explicit Writer(const NumberTemplate& format) : t_(format) {}

  std::string Write(const std::string& value) {
    number_ = RoundNumeric(value, t_.behind);
    negative_ = number_.starts_with('-');
    if (negative_) number_.erase(0, 1);
    const size_t whole = std::min(number_.find('.'), number_.size());
    if (static_cast<int>(whole) > t_.before) {
      overflow_ = true;
      number_ = std::string(static_cast<size_t>(t_.before), '#');
      if (t_.point) number_ += "." + std::string(static_cast<size_t>(t_.behind), '#');
    }
    blanks_ = std::max(0, t_.before - static_cast<int>(whole));
    Prepare();
    for (const Item& item : t_.items) Step(item);
    return std::move(out_);
  }

 private:
  bool zeros() const { return t_.zero_begin >= 0; }

  void Prepare() {
    bracket_ = t_.bracket;
    anchor_ = t_.anchor;
    if (t_.plus || t_.minus) {
      sign_written_ = !(t_.plus && !t_.minus);
    } else {
      if (!negative_ && t_.fill) bracket_ = false;
      sign_written_ = !negative_ && t_.fill && anchor_ == NumberTemplate::Anchor::kNone;
      if (anchor_ == NumberTemplate::Anchor::kFront && t_.digits_before_sign == t_.before)
        anchor_ = NumberTemplate::Anchor::kBack;
    }
    count_ = t_.before + t_.behind - 1;
    if (t_.fill && t_.point) FindLastRelevant();
    if (!sign_written_ && blanks_ == 0) ++count_;
  }

  // With FM, zeros at the end stay only where the template has a 0.
  void FindLastRelevant() {
    const size_t point = number_.find('.');
    if (point == std::string::npos) return;
    size_t last = point;
    for (size_t i = point + 1; i < number_.size(); ++i) {
      if (number_[i] != '0') last = i;
    }
    if (t_.zero_end > blanks_) {
      const size_t zero = std::min(number_.size(), static_cast<size_t>(t_.zero_end - blanks_));
      last = std::max(last, zero);
    }
    last_relevant_ = last;
  }
  bool relevant_is_point() const {
    return last_relevant_ && number_[std::min(*last_relevant_, number_.size() - 1)] == '.';
  }
  // A single zero before the point is not shown where the template has only 9s.
  bool LonelyZero() const { return !zeros() && at_ == 0 && number_[0] == '0' && t_.behind != 0; }

  void WriteSign() {
    if (sign_written_) return;
    if (!(current_ >= blanks_ || (zeros() && t_.zero_begin == current_))) return;
    if (LonelyZero() && !relevant_is_point()) return;
    if (anchor_ != NumberTemplate::Anchor::kNone) {
      if (anchor_ != NumberTemplate::Anchor::kFront) return;
      out_ += negative_ ? '-' : '+';
      sign_written_ = true;
    } else if (bracket_) {
      out_ += negative_ ? '<' : ' ';
      sign_written_ = true;
    } else {
      if (negative_) {
        out_ += '-';
      } else if (!t_.fill) {
        out_ += ' ';
      }
      sign_written_ = true;
    }
  }

  void Digit(Mark mark) {
    WriteSign();
    if (current_ < blanks_ && (!zeros() || t_.zero_begin > current_)) {
      if (!t_.fill) out_ += ' ';
    } else if (current_ < blanks_) {
      out_ += '0';
      started_ = true;
    } else {
      if (at_ < number_.size() && number_[at_] == '.') {
        if (!relevant_is_point() || t_.fill) out_ += '.';
      } else if (last_relevant_ && at_ > *last_relevant_ && mark != Mark::kZero) {
        // Left out.
      } else if (LonelyZero()) {
        if (!t_.fill) {
          out_ += ' ';
        } else if (relevant_is_point()) {
          out_ += '0';
        }
      } else if (at_ < number_.size()) {
        out_ += number_[at_];
        started_ = true;
      }
      if (at_ < number_.size()) ++at_;
    }
    int end = count_ + (blanks_ > 0 ? 1 : 0) + (t_.point ? 1 : 0);
    if (last_relevant_ && *last_relevant_ == at_) end = current_;
    if (current_ + 1 == end) {
      if (sign_written_ && bracket_) {
        out_ += negative_ ? '>' : ' ';
      } else if (anchor_ == NumberTemplate::Anchor::kBack) {
        out_ += negative_ ? '-' : '+';
      }
    }
    ++current_;
  }

  void Step(const Item& item) {
    switch (item.mark) {
      case Mark::kNine:
      case Mark::kZero:
      case Mark::kPoint:
        return Digit(item.mark);
      case Mark::kComma:
        if (started_) {
          out_ += ',';
        } else if (!t_.fill) {
          out_ += ' ';
        }
        return;
      case Mark::kMinus:
        if (negative_ || !t_.fill) out_ += negative_ ? '-' : ' ';
        return;
      case Mark::kPlus:
        if (!negative_ || !t_.fill) out_ += negative_ ? ' ' : '+';
        return;
      case Mark::kPlusMinus:
        out_ += negative_ ? '-' : '+';
        return;
      case Mark::kOrdinal:
        return Ordinal(item.text);
      case Mark::kText:
      case Mark::kCurrency:
        out_ += item.text;
        return;
      case Mark::kSign:
        return;
    }
  }
  void Ordinal(const std::string& suffix) {
    if (overflow_ || negative_ || t_.point || number_.empty()) return;
    const char last = number_.back(), tens = number_.size() > 1 ? number_[number_.size() - 2] : '0';
    const std::string_view word = tens == '1'   ? "th"
                                  : last == '1' ? "st"
                                  : last == '2' ? "nd"
                                  : last == '3' ? "rd"
                                                : "th";
    for (const char c : word) out_ += suffix == "TH" ? static_cast<char>(c - 32) : c;
  }

  const NumberTemplate& t_;
  std::string number_, out_;
  bool negative_ = false, overflow_ = false, bracket_ = false, sign_written_ = false, started_ = false;
  NumberTemplate::Anchor anchor_ = NumberTemplate::Anchor::kNone;
  int blanks_ = 0, count_ = 0, current_ = 0;
  size_t at_ = 0;
  std::optional<size_t> last_relevant_;
};

/// Roman numerals take the width of the longest one, MMMDCCCLXXXVIII.
constexpr int kRomanWidth = 15;

std::string Roman(std::string_view number, const NumberTemplate& format) {
  static constexpr std::pair<int64_t, std::string_view> kSigns[] = {
      {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
      {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
  int64_t rest = NumericToInt(number).value_or(0);
  if (rest < 1 || rest > 3999) return std::string(kRomanWidth, '#');
  std::string out;
  for (const auto& [value, sign] : kSigns) {
    for (; rest >= value; rest -= value) out += sign;
  }
  if (format.roman_lower) {
    for (char& c : out) c = static_cast<char>(c + 32);
  }
  return format.fill ? out : fmt::format("{:>{}}", out, kRomanWidth);
}

// " 1.23e+04": mostly one digit before the point, `digits` behind it.
std::string Scientific(const std::string& number, int digits) {
  const bool negative = number.starts_with('-');
  std::string_view text = number;
  if (negative) text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  const size_t first = text.find_first_not_of("0.");
  int exponent = 0;
  if (first != std::string_view::npos)
    exponent = first < point ? static_cast<int>(point - first) - 1 : -static_cast<int>(first - point);
  std::string rounded = RoundNumeric(text, digits - exponent);
  if (exponent > digits) rounded.resize(rounded.size() - static_cast<size_t>(exponent - digits));
  std::string significant;
  for (const char c : rounded) {
    if (c != '.' && (c != '0' || !significant.empty())) significant += c;
  }
  // Rounding 9.99 makes a digit more before the point; PostgreSQL leaves the exponent then.
  const size_t before =
      significant.empty() ? 1
                          : std::max(significant.size(), static_cast<size_t>(digits) + 1) - static_cast<size_t>(digits);
  significant.resize(before + static_cast<size_t>(digits), '0');
  std::string out = negative ? "-" : " ";
  out += significant.substr(0, before);
  if (digits > 0) out += "." + significant.substr(before);
  return out + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
}

bool IsFloat(LogicalType type) { return type == kReal || type == kDouble || type == kInteger || type == kSmallInt; }

Value ToChar(const Value* a, size_t, LogicalType) {
  const NumberTemplate format(a[1].AsText());
  if (a[1].AsText().empty()) return Value("");
  if (format.scientific && IsFloat(a[0].type()) && std::isfinite(a[0].AsDouble())) {
    const std::string text = fmt::format("{:.{}e}", a[0].AsDouble(), format.behind);
    return Value(text.starts_with('-') ? text : " " + text);
  }
  std::string number = CastValue(a[0], kNumeric).AsNumeric();
  if (number.find_first_of("NI") != std::string::npos) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: to_char of NaN and infinity", "cast the value to text");
  }
  if (format.scientific) return Value(Scientific(number, format.behind));
  if (format.roman) return Value(Roman(number, format));
  if (format.shift > 0) number = MultiplyNumerics(number, "1" + std::string(static_cast<size_t>(format.shift), '0'));
  return Value(Writer(format).Write(number));
}

}  // namespace

void AddNumberTemplateFunctions(std::vector<Function>& out) {
  for (const LogicalType type : {kInteger, kInt, kNumeric, kReal, kDouble})
    out.push_back({"to_char", {type, kText}, kText, ByValue<ToChar>});
}

}  // namespace rem::sql

#include <string>
#include <string_view>

#include <rem/error.h>

#include "base/utf8.h"
#include "sql/functions/by_value.h"
#include "sql/functions/number_template.h"
#include "types/cast.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Mark = NumberItem::Mark;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Reads a number by a template, as PostgreSQL does: each digit position takes one digit, the point or a sign, where
/// there is one; a text of the template passes over one character of the input for each of its own, whatever it is.
class NumberReader {
 public:
  NumberReader(std::string_view input, const NumberTemplate& format) : in_(input), t_(format) {}

  /// Digits read behind the point: the scale of the number.
  int scale() const { return behind_; }

  std::string Read() {
    for (const NumberItem& item : t_.items) {
      if (done()) break;
      Step(item);
    }
    if (!digits_.empty() && digits_.back() == '.') digits_.pop_back();
    return sign_ + digits_;
  }

 private:
  bool done() const { return at_ >= in_.size(); }
  bool signed_by_item() const { return t_.minus || t_.plus; }
  bool seen() const { return before_ + behind_ > 0; }

  void Step(const NumberItem& item) {
    switch (item.mark) {
      case Mark::kNine:
      case Mark::kZero:
      case Mark::kPoint:
        Digit(item.mark);
        ++at_;
        return;
      case Mark::kComma:
        if (in_[at_] == ',' && !(t_.fill && !seen())) ++at_;
        return;
      case Mark::kMinus:
        return TakeSign("-");
      case Mark::kPlus:
        return TakeSign("+");
      case Mark::kPlusMinus:
        return TakeSign("+-");
      case Mark::kOrdinal:
        return Pass(2, true);
      case Mark::kCurrency:
        return Pass(1, true);
      case Mark::kText: {
        size_t characters = 0;
        for (size_t i = 0; i < item.text.size(); ++characters) NextCodePoint(item.text, i);
        return Pass(characters, false);
      }
      case Mark::kSign:
        return;
    }
  }

  // Over characters; `stop` at one that may be part of the number.
  void Pass(size_t characters, bool stop) {
    for (; characters > 0 && !done(); --characters) {
      if (stop && (IsDigit(in_[at_]) || std::string_view(".,+-").find(in_[at_]) != std::string_view::npos)) return;
      NextCodePoint(in_, at_);
    }
  }

  void TakeSign(std::string_view signs) {
    if (signs.find(in_[at_]) == std::string_view::npos) return Pass(1, true);
    sign_ = in_[at_++];
  }

  // Leaves `at_` on the last character that was taken.
  void Digit(Mark mark) {
    if (in_[at_] == ' ') ++at_;
    if (done()) return;
    if (sign_.empty() && mark != Mark::kPoint && !seen()) LeadingSign();
    if (done()) return;
    bool taken = false;
    if (IsDigit(in_[at_])) {
      if (point_ && behind_ == t_.behind) return;
      digits_ += in_[at_];
      ++(point_ ? behind_ : before_);
      taken = true;
    } else if (t_.point && !point_ && in_[at_] == '.') {
      digits_ += '.';
      point_ = taken = true;
    }
    if (sign_.empty() && seen()) TrailingSign(taken);
  }

  void LeadingSign() {
    const char c = in_[at_];
    if (c == '-' || (t_.bracket && c == '<')) {
      sign_ = "-";
      ++at_;
    } else if (c == '+') {
      sign_ = "+";
      ++at_;
    }
  }

  // S stands right behind the last digit; that of MI, PL and SG may come before all digits of the template are used up.
  void TrailingSign(bool taken) {
    if (t_.anchor != NumberTemplate::Anchor::kNone) {
      if (!taken || at_ + 1 >= in_.size() || IsDigit(in_[at_ + 1])) return;
      if (in_[at_ + 1] == '-' || in_[at_ + 1] == '+') sign_ = in_[++at_];
    } else if (!taken && signed_by_item() && (in_[at_] == '-' || in_[at_] == '+')) {
      sign_ = in_[at_];
    }
  }

  const std::string_view in_;
  const NumberTemplate& t_;
  size_t at_ = 0;
  std::string sign_, digits_;
  int before_ = 0, behind_ = 0;
  bool point_ = false;
};

Value ToNumber(const Value* a, size_t, LogicalType) {
  const std::string& text = a[1].AsText();
  if (text.empty()) return Value();
  const NumberTemplate format(text);
  if (format.scientific || format.roman)
    throw Error(ErrorCode::kNotSupported,
                std::string("not supported: ") + (format.scientific ? "\"EEEE\"" : "\"RN\"") + " of to_number",
                "cast the text to numeric");
  if (format.shifted)
    throw Error(ErrorCode::kNotSupported, "not supported yet: \"V\" of to_number", "divide the number");
  NumberReader reader(a[0].AsText(), format);
  const std::string number = reader.Read();
  const auto value = ParseNumeric(number);
  if (!value)
    throw Error(ErrorCode::kInvalidText, "invalid input syntax for type numeric: \"" + number + "\"",
                "the text has no digits where the format has them")
        .WithSqlState("22P02");
  return Value::OfText(kNumeric, FitNumeric(*value, format.before + reader.scale(), reader.scale()));
}

}  // namespace

void AddToNumberFunctions(std::vector<Function>& out) {
  out.push_back({"to_number", {kText, kText}, kNumeric, ByValue<ToNumber>});
}

}  // namespace rem::sql

#include "sql/functions/number_template.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/utf8.h"
#include "sql/functions/by_value.h"
#include "types/cast.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// Longest template that is worked on; digits beyond are no numbers anybody shows.
constexpr size_t kMaxTemplateBytes = 4096;

enum class Mark : uint8_t { kNine, kZero, kPoint, kComma, kSign, kMinus, kPlus, kPlusMinus, kOrdinal, kText };

struct Item {
  Mark mark = Mark::kText;
  std::string text;
};

[[noreturn]] void ThrowTemplate(std::string message) {
  throw Error(ErrorCode::kSyntax, std::move(message)).WithSqlState("42601");
}

/// A template of to_char and to_number for numbers.
struct NumberTemplate {
  std::vector<Item> items;
  int before = 0, behind = 0;         ///< Digits around the point.
  int zero_begin = -1, zero_end = 0;  ///< Digit positions from which, and up to which, zeros are written.
  bool point = false, fill = false, bracket = false, minus = false, plus = false;
  enum class Anchor : uint8_t { kNone, kFront, kBack } anchor = Anchor::kNone;  ///< Where S puts the sign.
  int digits_before_sign = 0;

  explicit NumberTemplate(std::string_view text) {
    if (text.size() > kMaxTemplateBytes)
      throw Error(ErrorCode::kLimitExceeded, "number format is too long", "use at most 4096 characters");
    while (!text.empty()) Read(text);
  }

 private:
  static bool Take(std::string_view& text, std::string_view word) {
    if (text.size() < word.size()) return false;
    const auto same = [](char a, char b) { return a == b || (a >= 'a' && a <= 'z' && a - 32 == b); };
    for (size_t i = 0; i < word.size(); ++i) {
      if (!same(text[i], word[i])) return false;
    }
    text.remove_prefix(word.size());
    return true;
  }
  void Add(Mark mark, std::string_view text = {}) { items.push_back({mark, std::string(text)}); }

  void Read(std::string_view& text) {
    if (text[0] == '"') {
      text.remove_prefix(1);
      std::string quoted;
      while (!text.empty() && text[0] != '"') {
        if (text[0] == '\\' && text.size() > 1) text.remove_prefix(1);
        quoted.push_back(text[0]);
        text.remove_prefix(1);
      }
      if (!text.empty()) text.remove_prefix(1);
      return Add(Mark::kText, quoted);
    }
    for (const std::string_view word : {"EEEE", "RN", "V", "L", "B", "C"}) {
      if (!Take(text, word)) continue;
      throw Error(ErrorCode::kNotSupported, "not supported yet: \"" + std::string(word) + "\" in a number format",
                  "use 9, 0, the point, the comma, and the signs");
    }
    if (Take(text, "FM")) {
      fill = true;
    } else if (Take(text, "9")) {
      Digit(Mark::kNine);
    } else if (Take(text, "0")) {
      Digit(Mark::kZero);
    } else if (Take(text, ".") || Take(text, "D")) {
      if (point) ThrowTemplate("multiple decimal points");
      point = true;
      Add(Mark::kPoint);
    } else if (Take(text, ",") || Take(text, "G")) {
      Add(Mark::kComma);
    } else if (text.size() >= 2 && (text.starts_with("TH") || text.starts_with("th"))) {
      Add(Mark::kOrdinal, text.substr(0, 2));
      text.remove_prefix(2);
    } else if (!Sign(text)) {
      size_t end = 0;
      if (text[0] == '\\' && text.size() > 1 && text[1] == '"') text.remove_prefix(1);
      NextCodePoint(text, end);
      Add(Mark::kText, text.substr(0, end));
      text.remove_prefix(end);
    }
  }

  void Digit(Mark mark) {
    if (bracket) ThrowTemplate(mark == Mark::kNine ? "\"9\" must be ahead of \"PR\"" : "\"0\" must be ahead of \"PR\"");
    if (mark == Mark::kZero && zero_begin < 0 && !point) zero_begin = before;
    (point ? behind : before) += 1;
    if (mark == Mark::kZero) zero_end = before + behind;
    Add(mark);
  }

  bool Sign(std::string_view& text) {
    if (Take(text, "SG")) {
      Together();
      minus = plus = true;
      Add(Mark::kPlusMinus);
    } else if (Take(text, "MI")) {
      Together();
      minus = true;
      Add(Mark::kMinus);
    } else if (Take(text, "PL")) {
      Together();
      plus = true;
      Add(Mark::kPlus);
    } else if (Take(text, "PR")) {
      Together();
      bracket = true;
    } else if (Take(text, "S")) {
      if (anchor != Anchor::kNone) ThrowTemplate("cannot use \"S\" twice");
      if (plus || minus || bracket) ThrowTemplate("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
      anchor = point ? Anchor::kBack : Anchor::kFront;
      digits_before_sign = before;
      Add(Mark::kSign);
    } else {
      return false;
    }
    return true;
  }
  void Together() const {
    if (anchor != Anchor::kNone) ThrowTemplate("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
  }
};

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

Value ToChar(const Value* a, size_t, LogicalType) {
  const NumberTemplate format(a[1].AsText());
  if (a[1].AsText().empty()) return Value("");
  const std::string number = CastValue(a[0], kNumeric).AsNumeric();
  if (number.find_first_of("NI") != std::string::npos) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: to_char of NaN and infinity", "cast the value to text");
  }
  return Value(Writer(format).Write(number));
}

}  // namespace

void AddNumberTemplateFunctions(std::vector<Function>& out) {
  for (const LogicalType type : {kInteger, kInt, kNumeric, kReal, kDouble})
    out.push_back({"to_char", {type, kText}, kText, ByValue<ToChar>});
}

}  // namespace rem::sql

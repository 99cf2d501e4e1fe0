#include "sql/functions/number_template.h"

#include <rem/error.h>

#include "base/utf8.h"

namespace rem::sql {

namespace {

/// Longest template that is worked on; digits beyond are no numbers anybody shows.
constexpr size_t kMaxTemplateBytes = 4096;

using Mark = NumberItem::Mark;

[[noreturn]] void ThrowTemplate(std::string message) {
  throw Error(ErrorCode::kSyntax, std::move(message)).WithSqlState("42601");
}

bool Take(std::string_view& text, std::string_view word) {
  if (text.size() < word.size()) return false;
  const auto same = [](char a, char b) { return a == b || (a >= 'a' && a <= 'z' && a - 32 == b); };
  for (size_t i = 0; i < word.size(); ++i) {
    if (!same(text[i], word[i])) return false;
  }
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

NumberTemplate::NumberTemplate(std::string_view text) {
  if (text.size() > kMaxTemplateBytes)
    throw Error(ErrorCode::kLimitExceeded, "number format is too long", "use at most 4096 characters");
  while (!text.empty()) Read(text);
}

// The elements that change the whole number; false for another.
bool NumberTemplate::ReadSpecial(std::string_view& text) {
  const char first = text[0];
  if (Take(text, "EEEE")) {
    if (scientific) ThrowTemplate("cannot use \"EEEE\" twice");
    if (anchor != Anchor::kNone || fill || bracket || minus || plus || roman || shifted)
      ThrowTemplate("\"EEEE\" is incompatible with other formats");
    scientific = true;
  } else if (Take(text, "RN")) {
    roman = true;
    roman_lower = first == 'r';
  } else if (Take(text, "V")) {
    if (point) ThrowTemplate("cannot use \"V\" and decimal point together");
    shifted = true;
  } else if (Take(text, "L")) {
    Add(Mark::kCurrency, " ");
  } else {
    for (const std::string_view word : {"B", "C"}) {
      if (!Take(text, word)) continue;
      throw Error(ErrorCode::kNotSupported, "not supported yet: \"" + std::string(word) + "\" in a number format",
                  "use 9, 0, the point, the comma, and the signs");
    }
    return false;
  }
  return true;
}

void NumberTemplate::Read(std::string_view& text) {
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
  if (scientific) ThrowTemplate("\"EEEE\" must be the last pattern used");
  if (ReadSpecial(text)) return;
  if (Take(text, "FM")) {
    fill = true;
  } else if (Take(text, "9")) {
    Digit(Mark::kNine);
  } else if (Take(text, "0")) {
    Digit(Mark::kZero);
  } else if (Take(text, ".") || Take(text, "D")) {
    if (point) ThrowTemplate("multiple decimal points");
    if (shifted) ThrowTemplate("cannot use \"V\" and decimal point together");
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

void NumberTemplate::Digit(Mark mark) {
  if (bracket) ThrowTemplate(mark == Mark::kNine ? "\"9\" must be ahead of \"PR\"" : "\"0\" must be ahead of \"PR\"");
  if (mark == Mark::kZero && zero_begin < 0 && !point) zero_begin = before;
  if (shifted && mark == Mark::kNine) ++shift;
  (point ? behind : before) += 1;
  if (mark == Mark::kZero) zero_end = before + behind;
  Add(mark);
}

bool NumberTemplate::Sign(std::string_view& text) {
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

void NumberTemplate::Together() const {
  if (anchor != Anchor::kNone) ThrowTemplate("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
}

}  // namespace rem::sql

#include "sql/parser/normalise.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/utf8.h"
#include "sql/parser/prepare.h"
#include "sql/parser/scanner.h"

namespace rem::sql {

namespace {

constexpr size_t kMostLiterals = 16;
/// A longer text is no statement that comes again with other values; this one may be a vector of 16,384 elements.
constexpr size_t kMostBytes = 256 << 10;
/// Digits that surely fit a bigint.
constexpr size_t kMostDigits = 18;

bool Is(std::string_view word, std::string_view lower) {
  return word.size() == lower.size() && std::equal(word.begin(), word.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
         });
}
template <size_t n>
bool IsAny(std::string_view word, const std::array<std::string_view, n>& lower) {
  return std::ranges::any_of(lower, [&](std::string_view one) { return Is(word, one); });
}

/// Words that end a WHERE at their level of parentheses.
bool EndsWhere(std::string_view word) {
  static constexpr std::array<std::string_view, 14> kWords = {"select", "group",  "having",    "order",    "limit",
                                                              "offset", "fetch",  "window",    "for",      "union",
                                                              "except", "values", "intersect", "returning"};
  return IsAny(word, kWords);
}

/// Words that may follow a comparison.
bool Follows(std::string_view word) {
  static constexpr std::array<std::string_view, 6> kWords = {"and", "or", "order", "limit", "group", "offset"};
  return IsAny(word, kWords);
}

bool IsComparison(std::string_view sign) {
  return sign == "=" || sign == "<" || sign == ">" || sign == "<=" || sign == ">=" || sign == "<>" || sign == "!=";
}

/// Operators and methods that compare a vector with what stands behind them.
bool IsDistance(std::string_view sign) { return sign == "<=>" || sign == "<->" || sign == "<#>"; }
bool IsScore(std::string_view word) {
  static constexpr std::array<std::string_view, 3> kWords = {"cosine", "inner_product", "l2"};
  return IsAny(word, kWords);
}

// Recognises [WHERE | AND | OR | NOT | '('] name[.name...] sign literal [AND | OR | ')' | end ...]: the column and the
// literal are then the two operands of the sign, whatever stands around them. Further a vector behind <=>, <-> or <#>,
// or as the argument of .cosine(), in any place: equal ones become one parameter, so that equal expressions stay equal.
class Normaliser {
 public:
  explicit Normaliser(std::string_view sql) : sql_(sql), scanner_(sql) {}

  NormalisedText Run() {
    Token token = scanner_.Next();
    if (token.kind != TokenKind::kWord || !Is(scanner_.Text(token), "select")) return {};
    while (token.kind != TokenKind::kEnd) {
      const std::string_view text = scanner_.Text(token);
      if (token.kind == TokenKind::kParameter || token.kind == TokenKind::kQuestion) return {};
      const bool candidate = step_ == Step::kSign && levels_.back().in_where;
      const Token next = scanner_.Next();
      if (vector_ != Vector::kNone && token.kind == TokenKind::kString && next.kind != TokenKind::kString) {
        TakeVector(token);
      } else if (candidate && Ends(next)) {
        Take(token);
      }
      AdvanceVector(token, text);
      Advance(token, text);
      token = next;
    }
    if (out_.literals.empty()) return {};
    out_.text.append(sql_.substr(copied_));
    out_.original = sql_;
    return std::move(out_);
  }

 private:
  /// Whether a literal here is a vector: behind an operator, or in the parentheses of a method that are being read.
  enum class Vector : uint8_t { kNone, kOperand, kArgument };
  enum class Method : uint8_t { kNone, kDot, kName };
  enum class Step : uint8_t { kOther, kStart, kName, kDot, kSign };
  struct Level {
    bool outer = false;  // The parentheses stand in a WHERE that is the outermost or lies in one.
    bool in_where = false;
  };

  bool Ends(const Token& token) const {
    const std::string_view text = scanner_.Text(token);
    if (token.kind == TokenKind::kWord) return Follows(text);
    return token.kind == TokenKind::kEnd || (token.kind == TokenKind::kPunctuation && (text == ")" || text == ";"));
  }

  void Take(const Token& token) {
    const std::string_view text = scanner_.Text(token);
    if (out_.literals.size() == kMostLiterals) return;
    if (token.kind == TokenKind::kString) {
      if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return;
      std::string value;
      for (size_t i = 1; i + 1 < text.size(); ++i) {
        value.push_back(text[i]);
        if (text[i] == '\'') {
          if (i + 2 >= text.size()) return;  // The text ends inside the literal.
          ++i;
        }
      }
      Replace(token, Value(std::move(value)));
    } else if (token.kind == TokenKind::kNumber && text.size() <= kMostDigits) {
      int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) return;
      const bool narrow = number <= INT32_MAX;
      Replace(token, Value::OfInt(narrow ? LogicalType::kInteger : LogicalType::kInt, number));
    }
  }

  void TakeVector(const Token& token) {
    std::string_view text = scanner_.Text(token);
    if (!text.starts_with("'[") || !text.ends_with("]'")) return;
    text = text.substr(1, text.size() - 2);
    if (text.find('\'') != std::string_view::npos) return;
    for (const TakenVector& known : vectors_) {
      if (known.place == vector_ && known.text == text) return Replace(token, known.number);
    }
    if (out_.literals.size() == kMostLiterals) return;
    Replace(token, Value(text));
    vectors_.push_back({vector_, text, out_.literals.size()});
  }

  void AdvanceVector(const Token& token, std::string_view text) {
    const Method before = std::exchange(method_, Method::kNone);
    vector_ = Vector::kNone;
    if (token.kind == TokenKind::kOperator && IsDistance(text)) {
      vector_ = Vector::kOperand;
    } else if (token.kind == TokenKind::kPunctuation && text == ".") {
      method_ = Method::kDot;
    } else if (token.kind == TokenKind::kWord && before == Method::kDot && IsScore(text)) {
      method_ = Method::kName;
    } else if (token.kind == TokenKind::kPunctuation && before == Method::kName && text == "(") {
      vector_ = Vector::kArgument;
    }
  }

  void Replace(const Token& token, Value value) {
    out_.literals.push_back(std::move(value));
    Replace(token, out_.literals.size());
  }

  void Replace(const Token& token, size_t number) {
    out_.text.append(sql_.substr(copied_, token.begin - copied_));
    out_.text.push_back('$');
    out_.text += std::to_string(number);
    copied_ = token.end;
    out_.shifts.emplace_back(out_.text.size(), copied_);
  }

  void Advance(const Token& token, std::string_view text) {
    const bool filter = std::exchange(filter_, false);
    if (token.kind == TokenKind::kQuotedName) {
      step_ = step_ == Step::kStart || step_ == Step::kDot ? Step::kName : Step::kOther;
    } else if (token.kind == TokenKind::kWord) {
      AdvanceWord(text);
    } else if (token.kind == TokenKind::kOperator) {
      step_ = step_ == Step::kName && IsComparison(text) ? Step::kSign : Step::kOther;
    } else if (token.kind != TokenKind::kPunctuation) {
      step_ = Step::kOther;
    } else if (text == "(") {
      const Level& above = levels_.back();
      levels_.push_back({above.in_where && !filter, above.in_where && !filter});
      step_ = Step::kStart;
    } else {
      if (text == ")" && levels_.size() > 1) levels_.pop_back();
      step_ = text == "." && step_ == Step::kName ? Step::kDot : Step::kOther;
    }
  }

  void AdvanceWord(std::string_view word) {
    Level& level = levels_.back();
    if (Is(word, "where")) {
      level.in_where = level.outer;
      step_ = Step::kStart;
    } else if (EndsWhere(word)) {
      level.in_where = false;
      step_ = Step::kOther;
    } else if (Is(word, "and") || Is(word, "or") || Is(word, "not")) {
      step_ = Step::kStart;
    } else {
      filter_ = Is(word, "filter");
      step_ = step_ == Step::kStart || step_ == Step::kDot ? Step::kName : Step::kOther;
    }
  }

  std::string_view sql_;
  Scanner scanner_;
  NormalisedText out_;
  std::vector<Level> levels_ = {{true, false}};
  Step step_ = Step::kOther;
  struct TakenVector {
    Vector place;
    std::string_view text;
    size_t number;
  };
  Vector vector_ = Vector::kNone;
  Method method_ = Method::kNone;
  std::vector<TakenVector> vectors_;
  bool filter_ = false;
  size_t copied_ = 0;
};

}  // namespace

int NormalisedText::OriginalPosition(int position) const {
  size_t offset = 0;
  for (int at = 1; at < position && offset < text.size(); ++at) {
    do ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80);
  }
  const auto behind = std::ranges::upper_bound(shifts, offset, {}, &std::pair<size_t, size_t>::first);
  if (behind == shifts.begin()) return position;
  const auto& [here, there] = *std::prev(behind);
  return CharacterPosition(original, there + (offset - here));
}

NormalisedText NormaliseLiterals(std::string_view sql) {
  // The checks of PrepareText that literals of a later statement might not pass.
  if (sql.size() > kMostBytes || sql.find('\0') != std::string_view::npos || !IsValidUtf8(sql)) return {};
  return Normaliser(sql).Run();
}

}  // namespace rem::sql

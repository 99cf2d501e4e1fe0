#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/utf8.h"
#include "types/cast.h"
#include "types/document_layout.h"
#include "types/json_reader.h"

namespace rem {

namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Explainer {
 public:
  Explainer(std::string_view json, const DocumentLimits& limits)
      : json_(json), max_depth_(std::min(limits.max_depth, kMaxDocumentDepth)), bad_utf8_(FirstInvalid(json)) {}

  void Run() {
    SkipSpace();
    if (at_ == json_.size()) Fail("the text is empty", "give a JSON value, such as {}");
    if (json_.substr(at_).starts_with("\xef\xbb\xbf"))
      Fail("a byte order mark before the value", "remove the first three bytes (EF BB BF)");
    Value();
    while (!open_.empty()) Next();
    SkipSpace();
    if (at_ != json_.size()) {
      Fail("text after the end of the value",
           "one document is one JSON value; for a list of records use an array or JSON Lines");
    }
  }

 private:
  struct Container {
    bool is_object;
    std::unordered_set<std::string> names;
  };

  static size_t FirstInvalid(std::string_view json) {
    if (IsValidUtf8(json)) return kNone;
    // The longest valid prefix, by halving: a prefix that ends inside a code point is cut back to its start.
    size_t good = 0, bad = json.size();
    while (good + 1 < bad) {
      const size_t middle = (good + bad) / 2;
      const std::string_view prefix = Utf8Prefix(json, middle);
      if (prefix.size() > good && IsValidUtf8(prefix)) {
        good = prefix.size();
      } else if (prefix.size() > good) {
        bad = prefix.size();
      } else {
        bad = middle;
      }
    }
    return good;
  }

  [[noreturn]] void Fail(std::string_view what, std::string_view hint) const {
    FailAt(at_, ErrorCode::kInvalidJson, what, hint);
  }

  [[noreturn]] void FailAt(size_t at, ErrorCode code, std::string_view what, std::string_view hint) const {
    const std::string_view before = json_.substr(0, at);
    const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const size_t column = Utf8Length(before.substr(line_begin)) + 1;
    throw Error(code, fmt::format("invalid JSON at line {}, column {}: {}", line, column, what), std::string(hint));
  }

  bool AtEnd() const { return at_ >= json_.size(); }
  char Peek() const { return AtEnd() ? '\0' : json_[at_]; }
  void SkipSpace() {
    while (!AtEnd() && (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r')) ++at_;
  }

  // What stands at the current place, for a message.
  std::string Found() const {
    if (AtEnd()) return "the end of the text";
    if (at_ >= bad_utf8_) return "a byte that is not UTF-8";
    const auto c = static_cast<uint8_t>(Peek());
    if (c < 0x20 || c == 0x7f) return fmt::format("the control character U+{:04X}", c);
    size_t end = at_;
    NextCodePoint(json_, end);
    return fmt::format("'{}'", json_.substr(at_, end - at_));
  }

  // After a value inside the innermost container: a comma and the next value, or its end.
  void Next() {
    SkipSpace();
    Container& container = open_.back();
    const char close = container.is_object ? '}' : ']';
    if (Peek() == close) {
      ++at_;
      open_.pop_back();
      return;
    }
    if (Peek() != ',') {
      Fail(fmt::format("',' or '{}' expected, found {}", close, Found()),
           AtEnd() ? "the text ends inside an array or object; was it cut off?" : "put a comma between two values");
    }
    ++at_;
    SkipSpace();
    if (Peek() == close) Fail(fmt::format("a comma before '{}'", close), "remove the last comma");
    if (container.is_object) Name();
    Value();
  }

  void Name() {
    SkipSpace();
    if (Peek() != '"')
      Fail(fmt::format("a key in double quotes expected, found {}", Found()), "keys are texts in double quotes");
    const size_t begin = at_;
    std::string name = Text();
    const std::string shown(Utf8Prefix(name, 100));
    if (!open_.back().names.insert(std::move(name)).second) {
      FailAt(begin, ErrorCode::kInvalidJson, fmt::format("duplicate key in object: \"{}\"", shown),
             "keep one of the two members");
    }
    SkipSpace();
    if (Peek() != ':') Fail(fmt::format("':' expected after a key, found {}", Found()), "write \"key\": value");
    ++at_;
  }

  // A scalar, or the start of a container up to its first value.
  void Value() {
    SkipSpace();
    const char c = Peek();
    if (c == '{' || c == '[') {
      Open(c == '{');
    } else if (c == '"') {
      Text();
    } else if (c == '-' || IsDigit(c)) {
      Number();
    } else {
      Word();
    }
  }

  void Open(bool is_object) {
    if (open_.size() >= max_depth_) {
      FailAt(at_, ErrorCode::kLimitExceeded,
             fmt::format("the document nests deeper than the limit of {} levels", max_depth_),
             "flatten the document, or store the inner part as text");
    }
    ++at_;
    open_.push_back({is_object, {}});
    SkipSpace();
    if (Peek() == (is_object ? '}' : ']')) {
      ++at_;
      open_.pop_back();
      return;
    }
    if (is_object) Name();
    // Recursion: at most max_depth_ levels, each ended by the check above.
    Value();
  }

  void Number() {
    const size_t begin = at_;
    if (Peek() == '-') ++at_;
    if (IsLetter(Peek())) return Word();
    if (!IsDigit(Peek()))
      Fail(fmt::format("a digit expected after '-', found {}", Found()), "write the number in decimal digits");
    if (Peek() == '0' && at_ + 1 < json_.size() && IsDigit(json_[at_ + 1]))
      Fail("a number with a leading zero", "remove the leading zeros, or store it as text");
    while (IsDigit(Peek())) ++at_;
    bool is_int = true;
    if (Peek() == '.') {
      is_int = false;
      ++at_;
      if (!IsDigit(Peek()))
        Fail(fmt::format("a digit expected after '.', found {}", Found()), "write the number in decimal digits");
      while (IsDigit(Peek())) ++at_;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      is_int = false;
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!IsDigit(Peek()))
        Fail(fmt::format("a digit expected in the exponent, found {}", Found()), "write the number in decimal digits");
      while (IsDigit(Peek())) ++at_;
    }
    const std::string_view number = json_.substr(begin, at_ - begin);
    const std::string_view shown = number.substr(0, 40);
    if (is_int && !ParseInt(number)) {
      FailAt(begin, ErrorCode::kInvalidJson, fmt::format("an integer beyond 64 bits: {}", shown),
             "store it as text, or as a number with a fraction");
    }
    if (!is_int && IsOverflow(number)) {
      FailAt(begin, ErrorCode::kInvalidJson, fmt::format("a number beyond double precision: {}", shown),
             "store it as text");
    }
  }

  static bool IsOverflow(std::string_view number);

  void Word() {
    const size_t begin = at_;
    size_t end = at_;
    while (end < json_.size() && (IsLetter(json_[end]) || IsDigit(json_[end]) || json_[end] == '_')) ++end;
    const std::string_view word = json_.substr(begin, end - begin);
    if (word == "true" || word == "false" || word == "null") {
      at_ = end;
      return;
    }
    if (word == "NaN" || word == "Infinity" || word == "nan" || word == "inf") {
      Fail(fmt::format("{} is not a JSON number", word), "JSON has no NaN and no Infinity; use null or a text");
    }
    if (Peek() == '\'') Fail("a text in single quotes", "JSON texts stand in double quotes");
    if (word.empty())
      Fail(fmt::format("a value expected, found {}", Found()),
           AtEnd() ? "was the text cut off?" : "check the text around this place");
    Fail(fmt::format("unknown word: {}", word.substr(0, 40)),
         "texts stand in double quotes; the words of JSON are true, false and null");
  }

  // Reads four hex digits.
  uint32_t CodeUnit() {
    uint32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = Peek();
      const int digit = IsDigit(c)             ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0)
        Fail(fmt::format("four hexadecimal digits expected after \\u, found {}", Found()),
             "write \\u and four digits, such as \\u00e9");
      unit = unit * 16 + static_cast<uint32_t>(digit);
    }
    return unit;
  }

  void UnicodeEscape(std::string& text, size_t begin) {
    static constexpr std::string_view kPairHint =
        "characters past U+FFFF are written as a pair, such as \\ud83d\\ude00";
    uint32_t unit = CodeUnit();
    if (unit == 0) FailNul(begin);
    if (unit >= 0xdc00 && unit <= 0xdfff)
      FailAt(begin, ErrorCode::kInvalidJson, "the second half of a surrogate pair without the first", kPairHint);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      uint32_t second = 0;
      if (json_.substr(at_).starts_with("\\u")) {
        at_ += 2;
        second = CodeUnit();
      }
      if (second < 0xdc00 || second > 0xdfff)
        FailAt(begin, ErrorCode::kInvalidJson, "the first half of a surrogate pair without the second", kPairHint);
      unit = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
    }
    AppendCodePoint(text, unit);
  }

  [[noreturn]] void FailNul(size_t at) const {
    FailAt(at, ErrorCode::kInvalidJson, "a NUL character (\\u0000) in a text or key",
           "PostgreSQL text cannot hold NUL; remove it or encode the data, as base64 for example");
  }

  std::string Text() {
    const size_t begin = at_++;
    std::string text;
    for (;;) {
      if (AtEnd()) FailAt(begin, ErrorCode::kInvalidJson, "a text that does not end", "close it with a double quote");
      const size_t here = at_;
      const char c = json_[at_];
      if (here >= bad_utf8_)
        Fail("a byte that is not UTF-8", "convert the text to UTF-8, or encode binary data as base64");
      if (c == '"') {
        ++at_;
        return text;
      }
      if (c == '\0') FailNul(here);
      if (static_cast<uint8_t>(c) < 0x20)
        Fail(fmt::format("{} in a text", Found()), "escape it, as \\n for a line break");
      ++at_;
      if (c != '\\') {
        text.push_back(c);
        continue;
      }
      static constexpr std::string_view kEscapes = "\"\\/bfnrt";
      static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
      const size_t simple = AtEnd() ? std::string_view::npos : kEscapes.find(Peek());
      if (simple != std::string_view::npos) {
        text.push_back(kMeanings[simple]);
        ++at_;
      } else if (Peek() == 'u') {
        ++at_;
        UnicodeEscape(text, here);
      } else {
        Fail(fmt::format("unknown escape: a backslash before {}", Found()), "write \\\\ for a backslash");
      }
    }
  }

  std::string_view json_;
  size_t max_depth_;
  size_t bad_utf8_;
  size_t at_ = 0;
  std::vector<Container> open_;
};

bool Explainer::IsOverflow(std::string_view number) {
  // ParseDouble refuses both overflow and underflow; JSON takes what rounds to zero as zero.
  if (ParseDouble(number)) return false;
  const size_t e = number.find_first_of("eE");
  return e == std::string_view::npos || number[e + 1] != '-';
}

}  // namespace

void ExplainInvalidJson(std::string_view json, const DocumentLimits& limits) { Explainer(json, limits).Run(); }

}  // namespace rem

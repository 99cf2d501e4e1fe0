#include "sql/functions/jsonpath_lexer.h"

#include <fmt/format.h>
#include <rem/error.h>

#include "base/utf8.h"

namespace rem::sql {

namespace {

using Kind = PathToken::Kind;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpecial(char c) { return std::string_view("?%$.[]{}()|&!=<>@#,*:-+/").find(c) != std::string_view::npos; }
bool IsWordByte(char c) { return !IsBlank(c) && !IsSpecial(c) && c != '"'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 32);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<PathToken> Read() {
    std::vector<PathToken> tokens;
    for (SkipBlank(); at_ < text_.size(); SkipBlank()) tokens.push_back(Next());
    tokens.emplace_back();
    return tokens;
  }

 private:
  void SkipBlank() {
    for (;;) {
      while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
      if (text_.substr(at_, 2) != "/*") return;
      const size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos)
        throw Error(ErrorCode::kSyntax, "unexpected end of comment at end of jsonpath input", "close it with */");
      at_ = end + 2;
    }
  }
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  PathToken Next() {
    const char c = text_[at_];
    if (c == '"') return {Kind::kString, Quoted()};
    if (c == '$' && at_ + 1 < text_.size() && (Peek(1) == '"' || IsWordByte(Peek(1)))) {
      ++at_;
      return {Kind::kVariable, Peek() == '"' ? Quoted() : Word()};
    }
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (IsWordByte(c)) return {Kind::kWord, Word()};
    for (const std::string_view sign : {"**", "&&", "||", "==", "!=", "<>", "<=", ">="}) {
      if (text_.substr(at_, 2) != sign) continue;
      at_ += 2;
      return {Kind::kSign, std::string(sign)};
    }
    ++at_;
    return {Kind::kSign, std::string(1, c)};
  }

  PathToken Number() {
    const size_t begin = at_;
    bool decimal = false;
    if (Peek() == '0' && IsDigit(Peek(1))) Junk();
    while (IsDigit(Peek())) ++at_;
    if (Peek() == '.') {
      decimal = true;
      ++at_;
      while (IsDigit(Peek())) ++at_;
    }
    if ((Peek() | 32) == 'e') {
      decimal = true;
      ++at_;
      if (Peek() == '-' || Peek() == '+') ++at_;
      if (!IsDigit(Peek())) Junk();
      while (IsDigit(Peek())) ++at_;
    }
    if (at_ < text_.size() && IsWordByte(text_[at_])) Junk();
    return {decimal ? Kind::kDecimal : Kind::kInteger, std::string(text_.substr(begin, at_ - begin))};
  }
  [[noreturn]] void Junk() const {
    throw Error(ErrorCode::kSyntax,
                fmt::format("trailing junk after numeric literal at or near \"{}\" of jsonpath input", text_),
                "put a space or parentheses around the number");
  }

  std::string Word() {
    std::string word;
    while (at_ < text_.size() && IsWordByte(text_[at_])) {
      if (text_[at_] == '\\') {
        Escape(word);
      } else {
        word += text_[at_++];
      }
    }
    return word;
  }
  std::string Quoted() {
    std::string out;
    for (++at_;;) {
      if (at_ >= text_.size())
        throw Error(ErrorCode::kSyntax, "unterminated quoted string at end of jsonpath input", "close the quotes");
      if (text_[at_] == '"') break;
      if (text_[at_] == '\\') {
        Escape(out);
      } else {
        out += text_[at_++];
      }
    }
    ++at_;
    return out;
  }

  void Escape(std::string& out) {
    ++at_;
    if (at_ >= text_.size())
      throw Error(ErrorCode::kSyntax, "unexpected end after backslash at end of jsonpath input", "write \\\\");
    const char c = text_[at_++];
    constexpr std::string_view kNames = "bfnrtv", kCharacters = "\b\f\n\r\t\v";
    if (const size_t named = kNames.find(c); named != std::string_view::npos) {
      out += kCharacters[named];
    } else if (c == 'x') {
      AppendCodePoint(out, Checked(Hex(2)));
    } else if (c == 'u') {
      Unicode(out);
    } else {
      out += c;
    }
  }
  char32_t Hex(size_t digits) {
    char32_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      const int digit = HexDigit(Peek());
      if (digit < 0)
        throw Error(ErrorCode::kSyntax, "invalid hexadecimal character sequence in jsonpath", "write four digits");
      value = value * 16 + static_cast<char32_t>(digit);
      ++at_;
    }
    return value;
  }
  char32_t OneUnicode() {
    if (Peek() != '{') return Hex(4);
    ++at_;
    char32_t value = 0;
    size_t digits = 0;
    for (; HexDigit(Peek()) >= 0 && digits < 6; ++digits) value = value * 16 + Hex(1);
    if (digits == 0 || Peek() != '}')
      throw Error(ErrorCode::kSyntax, "invalid Unicode escape sequence in jsonpath", "write \\u{1F600}");
    ++at_;
    return value;
  }
  void Unicode(std::string& out) {
    char32_t value = OneUnicode();
    const auto surrogate = [](const char* message) {
      return Error(ErrorCode::kInvalidText, message, "write a high and a low surrogate, or \\u{...}");
    };
    if (value >= 0xDC00 && value < 0xE000) throw surrogate("Unicode low surrogate must follow a high surrogate.");
    if (value >= 0xD800 && value < 0xDC00) {
      if (text_.substr(at_, 2) != "\\u") throw surrogate("Unicode low surrogate must follow a high surrogate.");
      at_ += 2;
      const char32_t low = OneUnicode();
      if (low < 0xDC00 || low >= 0xE000) throw surrogate("Unicode low surrogate must follow a high surrogate.");
      value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendCodePoint(out, Checked(value));
  }
  static char32_t Checked(char32_t value) {
    if (value == 0)
      throw Error(ErrorCode::kInvalidText, "unsupported Unicode escape sequence", "\\u0000 cannot be converted to text")
          .WithSqlState("22P05");
    if (value > 0x10FFFF)
      throw Error(ErrorCode::kSyntax, "invalid Unicode escape sequence in jsonpath", "the last one is 10FFFF");
    return value;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::vector<PathToken> ReadPathTokens(std::string_view text) { return Lexer(text).Read(); }

void ThrowPathSyntax(std::string_view near) {
  throw Error(ErrorCode::kSyntax,
              near.empty() ? std::string("syntax error at end of jsonpath input")
                           : fmt::format("syntax error at or near \"{}\" of jsonpath input", near),
              "a path is written as in '$.items[*] ? (@.price > 10)'");
}

}  // namespace rem::sql

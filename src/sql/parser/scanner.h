#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rem::sql {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,
  kQuotedName,
  kString,
  kNumber,
  kParameter,
  kQuestion,
  kOperator,
  kPunctuation,
  kBad
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t begin = 0;
  size_t end = 0;
};

/// Cuts SQL text into tokens as PostgreSQL's lexer does: comments (nested), '...' and E'...' strings, $tag$ quotes,
/// "names", numbers, operators. Does not judge them: that is the parser's work. Needs valid UTF-8.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  Token Next();
  std::string_view Text(const Token& token) const { return text_.substr(token.begin, token.end - token.begin); }

 private:
  void SkipSpace();
  void EndQuote(char quote, bool backslash);
  bool DollarQuote();

  std::string_view text_;
  size_t at_ = 0;
};

/// Reads the name that a token (kWord or kQuotedName) spells.
std::string NameOfToken(std::string_view token, bool* quoted);

}  // namespace rem::sql

#include "sql/parser/scanner.h"

#include <algorithm>

#include "sql/parser/ast_names.h"

namespace rem::sql {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsNameByte(char c) { return IsNameStart(c) || IsDigit(c) || c == '$'; }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsOperatorByte(char c) { return std::string_view("+-*/<>=~!@#%^&|`").find(c) != std::string_view::npos; }

}  // namespace

void Scanner::SkipSpace() {
  for (;;) {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    if (text_.substr(at_, 2) == "--") {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (text_.substr(at_, 2) == "/*") {
      size_t depth = 0;
      do {
        if (text_.substr(at_, 2) == "/*") {
          ++depth;
          at_ += 2;
        } else if (text_.substr(at_, 2) == "*/") {
          --depth;
          at_ += 2;
        } else {
          ++at_;
        }
      } while (depth > 0 && at_ < text_.size());
    } else {
      return;
    }
  }
}

// Moves behind the closing quote; a doubled one stands for itself.
void Scanner::EndQuote(char quote, bool backslash) {
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (backslash && c == '\\' && at_ < text_.size()) {
      ++at_;
    } else if (c == quote) {
      if (at_ == text_.size() || text_[at_] != quote) return;
      ++at_;
    }
  }
}

bool Scanner::DollarQuote() {
  size_t end = at_ + 1;
  while (end < text_.size() && IsNameByte(text_[end]) && text_[end] != '$') ++end;
  if (end == text_.size() || text_[end] != '$' || (end > at_ + 1 && IsDigit(text_[at_ + 1]))) return false;
  const std::string_view tag = text_.substr(at_, end + 1 - at_);
  const size_t close = text_.find(tag, end + 1);
  at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
  return true;
}

Token Scanner::Next() {
  SkipSpace();
  Token token{TokenKind::kEnd, at_, at_};
  if (at_ == text_.size()) return token;
  const char c = text_[at_];
  const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if ((c == 'E' || c == 'e') && next == '\'') {
    ++at_;
    EndQuote('\'', true);
    token.kind = TokenKind::kString;
  } else if (IsNameStart(c)) {
    while (at_ < text_.size() && IsNameByte(text_[at_])) ++at_;
    token.kind = TokenKind::kWord;
  } else if (c == '"') {
    EndQuote('"', false);
    token.kind = TokenKind::kQuotedName;
  } else if (c == '\'') {
    EndQuote('\'', false);
    token.kind = TokenKind::kString;
  } else if (IsDigit(c) || (c == '.' && IsDigit(next))) {
    while (at_ < text_.size() &&
           (IsNameByte(text_[at_]) || text_[at_] == '.' ||
            ((text_[at_] == '-' || text_[at_] == '+') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E')))) {
      ++at_;
    }
    token.kind = TokenKind::kNumber;
  } else if (c == '$' && IsDigit(next)) {
    ++at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    token.kind = TokenKind::kParameter;
  } else if (c == '$' && DollarQuote()) {
    token.kind = TokenKind::kString;
  } else if (c == '?') {
    ++at_;
    // ?| and ?& are operators of jsonb.
    const bool longer =
        at_ < text_.size() && (text_[at_] == '&' || (text_[at_] == '|' && text_.substr(at_, 2) != "||"));
    if (longer) ++at_;
    token.kind = longer ? TokenKind::kOperator : TokenKind::kQuestion;
  } else if (IsOperatorByte(c)) {
    while (at_ < text_.size() && IsOperatorByte(text_[at_]) && text_.substr(at_, 2) != "--" &&
           text_.substr(at_, 2) != "/*")
      ++at_;
    // @? is an operator of jsonb.
    if (at_ == token.begin + 1 && c == '@' && at_ < text_.size() && text_[at_] == '?') ++at_;
    token.kind = TokenKind::kOperator;
  } else {
    ++at_;
    token.kind = TokenKind::kPunctuation;
  }
  token.end = at_;
  return token;
}

std::string NameOfToken(std::string_view token, bool* quoted) {
  *quoted = token.size() >= 2 && token.front() == '"';
  if (!*quoted) return FoldName(token);
  std::string name;
  for (size_t i = 1; i + 1 < token.size(); ++i) {
    name.push_back(token[i]);
    if (token[i] == '"') ++i;
  }
  return name;
}

}  // namespace rem::sql

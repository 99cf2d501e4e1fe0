#include "cli/sql_splitter.h"

#include <algorithm>
#include <cctype>

namespace rem::cli {

namespace {

bool IsNameChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (static_cast<unsigned char>(c) & 0x80);
}

// Offset behind the quoted text that starts at `i`; the quote is doubled inside, or escaped by a backslash in E'…'.
size_t SkipQuoted(std::string_view sql, size_t i, bool backslash_escapes) {
  const char quote = sql[i];
  for (++i; i < sql.size(); ++i) {
    if (backslash_escapes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 >= sql.size() || sql[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return sql.size();
}

size_t SkipBlockComment(std::string_view sql, size_t i) {
  int depth = 0;
  while (i < sql.size()) {
    if (sql.substr(i, 2) == "/*") {
      ++depth;
      i += 2;
    } else if (sql.substr(i, 2) == "*/") {
      i += 2;
      if (--depth == 0) return i;
    } else {
      ++i;
    }
  }
  return sql.size();
}

// Offset behind $tag$…$tag$ at `i`, or just behind the dollar sign when it starts a parameter.
size_t SkipDollarQuoted(std::string_view sql, size_t i) {
  size_t tag_end = i + 1;
  while (tag_end < sql.size() && IsNameChar(sql[tag_end])) ++tag_end;
  const bool is_parameter = i + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[i + 1]));
  if (is_parameter || tag_end >= sql.size() || sql[tag_end] != '$') return i + 1;
  const std::string_view tag = sql.substr(i, tag_end + 1 - i);
  const size_t close = sql.find(tag, tag_end + 1);
  return close == std::string_view::npos ? sql.size() : close + tag.size();
}

bool IsEscapeString(std::string_view sql, size_t quote) {
  if (quote == 0 || (sql[quote - 1] != 'e' && sql[quote - 1] != 'E')) return false;
  return quote == 1 || !IsNameChar(sql[quote - 2]);
}

}  // namespace

std::vector<std::string_view> SplitStatements(std::string_view sql) {
  std::vector<std::string_view> statements;
  size_t start = 0, i = 0;
  bool has_words = false;
  const auto end_statement = [&](size_t end) {
    if (has_words) statements.push_back(sql.substr(start, end - start));
    has_words = false;
  };
  while (i < sql.size()) {
    const char c = sql[i];
    if (c == ';') {
      end_statement(i);
      start = ++i;
    } else if (sql.substr(i, 2) == "--") {
      i = std::min(sql.find('\n', i), sql.size());
    } else if (sql.substr(i, 2) == "/*") {
      i = SkipBlockComment(sql, i);
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else {
      // Blank lines and comments before a statement are no part of it, so that its first line is where an error shows.
      if (!has_words) start = i;
      has_words = true;
      if (c == '\'' || c == '"') {
        i = SkipQuoted(sql, i, c == '\'' && IsEscapeString(sql, i));
      } else if (c == '$' && (i == 0 || !IsNameChar(sql[i - 1]))) {
        i = SkipDollarQuoted(sql, i);
      } else {
        ++i;
      }
    }
  }
  end_statement(sql.size());
  return statements;
}

}  // namespace rem::cli

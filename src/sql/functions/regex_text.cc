#include "sql/functions/regex_text.h"

#include <rem/error.h>

#include "base/utf8.h"

namespace rem::sql {

namespace {

constexpr size_t kMaxTextBytes = size_t{64} << 20;

// Byte of character number `start`, from 1; npos behind the end.
size_t StartByte(std::string_view text, int64_t start) {
  size_t at = 0;
  for (int64_t i = 1; i < start; ++i) {
    if (at >= text.size()) return std::string_view::npos;
    NextCodePoint(text, at);
  }
  return at;
}

// Where the search goes on behind a match: a match of nothing must not be found again.
bool Advance(std::string_view text, const RegexSpan& match, size_t& at) {
  at = match.end;
  if (match.begin != match.end) return true;
  if (at >= text.size()) return false;
  NextCodePoint(text, at);
  return true;
}

void CheckLength(const std::string& text) {
  if (text.size() > kMaxTextBytes)
    throw Error(ErrorCode::kLimitExceeded, "text is too long: a function may make at most 64 MB");
}

void AppendReplacement(std::string& out, std::string_view text, std::string_view replacement,
                       const std::vector<RegexSpan>& spans) {
  const auto append = [&](size_t group) {
    if (group < spans.size() && spans[group].matched())
      out += text.substr(spans[group].begin, spans[group].end - spans[group].begin);
  };
  for (size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    if (c != '\\' || !((next >= '1' && next <= '9') || next == '&' || next == '\\')) {
      out.push_back(c);
      continue;
    }
    ++i;
    if (next == '\\') {
      out.push_back('\\');
    } else {
      append(next == '&' ? 0 : static_cast<size_t>(next - '0'));
    }
  }
}

}  // namespace

void ThrowGlobalOption(std::string_view function) {
  throw Error(ErrorCode::kInvalidArgument, std::string(function) + " does not support the \"global\" option");
}

RegexOptions ParseRegexOptions(std::string_view text) {
  RegexOptions out;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const auto letter = NextCodePoint(text, at);
    if (letter == 'g') {
      out.global = true;
    } else if (!ApplyRegexOption(letter, out.flags)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "invalid regular expression option: \"" + std::string(text.substr(begin, at - begin)) + "\"");
    }
  }
  return out;
}

void ForEachMatch(std::string_view text, std::string_view pattern, RegexFlags flags, int64_t start, bool with_groups,
                  const std::function<bool(const std::vector<RegexSpan>&)>& visit) {
  const auto regex = Regex::Get(pattern, flags);
  size_t at = StartByte(text, start);
  std::vector<RegexSpan> spans;
  while (at <= text.size() && regex->Search(text, at, with_groups, spans)) {
    if (!visit(spans) || !Advance(text, spans[0], at)) return;
  }
}

std::vector<std::string> SplitByRegex(std::string_view text, std::string_view pattern, RegexFlags flags) {
  std::vector<std::string> parts;
  size_t part = 0, last_end = 0;
  size_t bytes = 0;
  ForEachMatch(text, pattern, flags, 1, false, [&](const std::vector<RegexSpan>& spans) {
    const RegexSpan& match = spans[0];
    if (match.begin < text.size() && match.end > last_end) {
      parts.emplace_back(text.substr(part, match.begin - part));
      part = match.end;
      bytes += sizeof(std::string);
      if (bytes > kMaxTextBytes)
        throw Error(ErrorCode::kLimitExceeded, "too many parts: a function may make at most 64 MB");
    }
    last_end = match.end;
    return true;
  });
  parts.emplace_back(text.substr(part));
  return parts;
}

std::string ReplaceByRegex(std::string_view text, std::string_view pattern, std::string_view replacement,
                           RegexFlags flags, int64_t start, int64_t wanted) {
  std::string out;
  size_t copied = 0;
  int64_t number = 0;
  const bool groups = replacement.find('\\') != std::string_view::npos;
  ForEachMatch(text, pattern, flags, start, groups, [&](const std::vector<RegexSpan>& spans) {
    if (++number < wanted) return true;
    out += text.substr(copied, spans[0].begin - copied);
    AppendReplacement(out, text, replacement, spans);
    CheckLength(out);
    copied = spans[0].end;
    return wanted == 0;
  });
  out += text.substr(copied);
  CheckLength(out);
  return out;
}

std::string SimilarToRegex(std::string_view pattern, std::string_view escape) {
  size_t first = 0;
  if (!escape.empty()) NextCodePoint(escape, first);
  if (first != escape.size()) {
    throw Error(ErrorCode::kInvalidArgument, "invalid escape string", "Escape string must be empty or one character.")
        .WithSqlState("22025");
  }
  std::string out = "^(?:";
  bool escaped = false, in_bracket = false;
  int quotes = 0;
  for (size_t at = 0; at < pattern.size();) {
    const size_t begin = at;
    NextCodePoint(pattern, at);
    const std::string_view one = pattern.substr(begin, at - begin);
    if (escaped) {
      escaped = false;
      if (one == "\"" && !in_bracket) {
        // The two separators cut out the part that substring gives: the text before it is to be short.
        if (quotes == 2) {
          throw Error(ErrorCode::kInvalidArgument,
                      "SQL regular expression may not contain more than two escape-double-quote separators")
              .WithSqlState("2200C");
        }
        out += quotes++ == 0 ? "){1,1}?(" : "){1,1}(?:";
      } else {
        out += '\\';
        out += one;
      }
    } else if (!escape.empty() && one == escape) {
      escaped = true;
    } else if (in_bracket) {
      if (one == "\\") out += '\\';
      out += one;
      in_bracket = one != "]";
    } else if (one == "[") {
      out += one;
      in_bracket = true;
    } else if (one == "%") {
      out += ".*";
    } else if (one == "_") {
      out += '.';
    } else if (one == "(") {
      out += "(?:";
    } else {
      if (one == "\\" || one == "." || one == "^" || one == "$") out += '\\';
      out += one;
    }
  }
  return out + ")$";
}

}  // namespace rem::sql

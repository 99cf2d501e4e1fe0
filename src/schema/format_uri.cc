#include "base/utf8.h"
#include "schema/formats.h"
#include "schema/uri.h"

namespace rem {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsUnreserved(char c) { return IsAlpha(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }
bool IsSubDelimiter(char c) { return std::string_view("!$&'()*+,;=").find(c) != std::string_view::npos; }

bool IsIn(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

// ucschar of RFC 3987; iprivate is for the query only.
bool IsIriCharacter(char32_t c, bool in_query) {
  if (in_query && (IsIn(c, 0xE000, 0xF8FF) || IsIn(c, 0xF0000, 0xFFFFD) || IsIn(c, 0x100000, 0x10FFFD))) return true;
  if (c >= 0x10000) return c < 0xF0000 && (c & 0xFFFF) <= 0xFFFD && !IsIn(c, 0xE0000, 0xE0FFF);
  return IsIn(c, 0xA0, 0xD7FF) || IsIn(c, 0xF900, 0xFDCF) || IsIn(c, 0xFDF0, 0xFFEF);
}

/// Every character is unreserved, a sub-delimiter, one of `more`, or a percent-encoded byte.
bool HasOnly(std::string_view text, std::string_view more, bool international, bool in_query = false) {
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x80) {
      if (!international || !IsIriCharacter(NextCodePoint(text, i), in_query)) return false;
      continue;
    }
    if (c == '%') {
      if (i + 2 >= text.size() || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) return false;
      i += 3;
      continue;
    }
    if (!IsUnreserved(c) && !IsSubDelimiter(c) && more.find(c) == std::string_view::npos) return false;
    ++i;
  }
  return true;
}

bool IsIpLiteral(std::string_view text) {
  if (text.starts_with('v') || text.starts_with('V')) {
    const size_t dot = text.find('.');
    if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
    for (const char c : text.substr(1, dot - 1)) {
      if (!IsHex(c)) return false;
    }
    for (const char c : text.substr(dot + 1)) {
      if (!IsUnreserved(c) && !IsSubDelimiter(c) && c != ':') return false;
    }
    return true;
  }
  return IsIpv6(text);
}

bool IsAuthority(std::string_view text, bool international) {
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    if (!HasOnly(text.substr(0, at), ":", international)) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || !IsIpLiteral(text.substr(1, end - 1))) return false;
    port = text.substr(end + 1);
    if (!port.empty() && port[0] != ':') return false;
  } else {
    const size_t colon = text.find(':');
    if (!HasOnly(text.substr(0, colon), "", international)) return false;
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (!port.empty()) port.remove_prefix(1);
  for (const char c : port) {
    if (!IsDigit(c)) return false;
  }
  return true;
}

bool IsWellFormed(const UriParts& parts, bool international) {
  if (parts.has_authority) {
    if (!IsAuthority(parts.authority, international)) return false;
  } else if (!parts.has_scheme) {
    // "a:b" would be a scheme, so the first segment of a relative path has no colon.
    const size_t slash = parts.path.find('/');
    if (parts.path.substr(0, slash).find(':') != std::string_view::npos) return false;
  }
  return HasOnly(parts.path, ":@/", international) && HasOnly(parts.query, ":@/?", international, true) &&
         HasOnly(parts.fragment, ":@/?", international);
}

bool IsVariableCharacters(std::string_view name) {
  bool need = true;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '.') {
      if (need) return false;
      need = true;
      continue;
    }
    if (c == '%') {
      if (i + 2 >= name.size() || !IsHex(name[i + 1]) || !IsHex(name[i + 2])) return false;
      i += 2;
    } else if (!IsAlpha(c) && !IsDigit(c) && c != '_') {
      return false;
    }
    need = false;
  }
  return !need;
}

// RFC 6570 section 2.3 and 2.4: name, then "*" or ":" and a length below 10000.
bool IsVariable(std::string_view text) {
  if (text.ends_with('*')) return IsVariableCharacters(text.substr(0, text.size() - 1));
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return IsVariableCharacters(text);
  const std::string_view length = text.substr(colon + 1);
  if (length.empty() || length.size() > 4 || length[0] == '0') return false;
  for (const char c : length) {
    if (!IsDigit(c)) return false;
  }
  return IsVariableCharacters(text.substr(0, colon));
}

bool IsExpression(std::string_view text) {
  if (!text.empty() && std::string_view("+#./;?&=,!@|").find(text[0]) != std::string_view::npos) text.remove_prefix(1);
  while (true) {
    const size_t comma = text.find(',');
    if (!IsVariable(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool IsUri(std::string_view text, bool international) {
  const UriParts parts = SplitUri(text);
  return parts.has_scheme && IsWellFormed(parts, international);
}

bool IsUriReference(std::string_view text, bool international) { return IsWellFormed(SplitUri(text), international); }

bool IsUriTemplate(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '{') {
      const size_t end = text.find('}', i);
      if (end == std::string_view::npos || !IsExpression(text.substr(i + 1, end - i - 1))) return false;
      i = end + 1;
      continue;
    }
    if (static_cast<unsigned char>(c) >= 0x80) {
      if (!IsIriCharacter(NextCodePoint(text, i), true)) return false;
      continue;
    }
    if (c == '%') {
      if (i + 2 >= text.size() || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) return false;
    } else if (c <= ' ' || c == 0x7F || std::string_view("\"'<>\\^`|}").find(c) != std::string_view::npos) {
      return false;
    }
    ++i;
  }
  return true;
}

}  // namespace rem

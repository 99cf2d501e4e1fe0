#include <string>

#include "base/utf8.h"
#include "schema/formats.h"

namespace rem {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool IsPunycode(std::string_view label) {
  // What follows "xn--" decodes (RFC 3492) to at least one code point beyond ASCII.
  constexpr uint32_t kBase = 36, kMin = 1, kMax = 26, kSkew = 38, kDamp = 700;
  const size_t dash = label.rfind('-');
  uint32_t length = dash == std::string_view::npos ? 0 : static_cast<uint32_t>(dash);
  std::string_view in = dash == std::string_view::npos ? label : label.substr(dash + 1);
  if (in.empty()) return false;
  uint64_t n = 128, i = 0;
  uint32_t bias = 72;
  while (!in.empty()) {
    const uint64_t before = i;
    uint64_t weight = 1;
    for (uint32_t k = kBase;; k += kBase) {
      if (in.empty()) return false;
      const char c = in[0];
      in.remove_prefix(1);
      const uint32_t digit = IsDigit(c) ? static_cast<uint32_t>(c - '0') + 26 : (static_cast<uint32_t>(c) | 0x20) - 'a';
      if (digit >= kBase) return false;
      i += digit * weight;
      if (i > UINT32_MAX) return false;
      const uint32_t threshold = k <= bias ? kMin : (k >= bias + kMax ? kMax : k - bias);
      if (digit < threshold) break;
      weight *= kBase - threshold;
      if (weight > UINT32_MAX) return false;
    }
    ++length;
    uint64_t delta = before == 0 ? (i - before) / kDamp : (i - before) / 2;
    delta += delta / length;
    uint32_t k = 0;
    for (; delta > ((kBase - kMin) * kMax) / 2; k += kBase) delta /= kBase - kMin;
    bias = k + static_cast<uint32_t>(((kBase - kMin + 1) * delta) / (delta + kSkew));
    n += i / length;
    i %= length;
    if (n > 0x10FFFF || (n >= 0xD800 && n <= 0xDFFF)) return false;
    ++i;
  }
  return true;
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > 63 || !IsAlnum(label.front()) || !IsAlnum(label.back())) return false;
  for (const char c : label) {
    if (!IsAlnum(c) && c != '-') return false;
  }
  const bool reserved = label.size() >= 4 && label.substr(2, 2) == "--";
  if (!reserved) return true;
  const bool a_label = (label[0] | 0x20) == 'x' && (label[1] | 0x20) == 'n';
  return a_label && IsPunycode(label.substr(4));
}

bool IsIn(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

bool IsGreek(char32_t c) { return IsIn(c, 0x370, 0x3FF) || IsIn(c, 0x1F00, 0x1FFF); }
bool IsHebrew(char32_t c) { return IsIn(c, 0x590, 0x5FF); }
bool IsKanaOrHan(char32_t c) {
  return (IsIn(c, 0x3041, 0x30FA)) || IsIn(c, 0x30FC, 0x30FF) || c == 0x3005 || c == 0x3007 ||
         IsIn(c, 0x3400, 0x4DBF) || IsIn(c, 0x4E00, 0x9FFF);
}
bool IsVirama(char32_t c) {
  return c == 0x94D || c == 0x9CD || c == 0xA4D || c == 0xACD || c == 0xB4D || c == 0xBCD || c == 0xC4D || c == 0xCCD ||
         c == 0xD4D || c == 0xDCA;
}

// Disallowed by RFC 5892 among those that are likely to be met.
bool IsDisallowed(char32_t c) {
  return c == 0x302E || c == 0x302F || c == 0x640 || c == 0x7FA || IsIn(c, 0x3031, 0x3035) || c == 0x303B ||
         IsIn(c, 0x80, 0xB6) || IsIn(c, 0xB8, 0xBF) || c == 0xD7 || c == 0xF7 || IsIn(c, 0x2000, 0x200B) ||
         IsIn(c, 0x200E, 0x206F) || IsIn(c, 0x3000, 0x3004) || IsIn(c, 0xFF00, 0xFFEF) || IsIn(c, 0xFE00, 0xFE0F) ||
         IsIn(c, 0xE000, 0xF8FF);
}

bool IsCombining(char32_t c) {
  return IsIn(c, 0x300, 0x36F) || c == 0x903 || IsIn(c, 0x591, 0x5BD) || IsIn(c, 0x64B, 0x65F) ||
         IsIn(c, 0x302A, 0x302F);
}

// Contextual rules of RFC 5892 appendix A.
bool FitsContext(const std::u32string& label, size_t i, bool arabic_digits, bool extended_digits, bool japanese) {
  const char32_t c = label[i];
  const char32_t before = i > 0 ? label[i - 1] : 0;
  const char32_t after = i + 1 < label.size() ? label[i + 1] : 0;
  if (c == 0xB7) return before == 'l' && after == 'l';
  if (c == 0x375) return IsGreek(after);
  if (c == 0x5F3 || c == 0x5F4) return IsHebrew(before);
  if (c == 0x30FB) return japanese;
  if (c == 0x200D || c == 0x200C) return IsVirama(before);
  if (IsIn(c, 0x660, 0x669)) return !extended_digits;
  if (IsIn(c, 0x6F0, 0x6F9)) return !arabic_digits;
  return !IsDisallowed(c);
}

bool IsUnicodeLabel(std::string_view text) {
  std::u32string label;
  for (size_t at = 0; at < text.size();) label += NextCodePoint(text, at);
  if (label.empty() || label.size() > 59 || label.front() == '-' || label.back() == '-' || IsCombining(label.front()))
    return false;
  if (label.size() >= 4 && label[2] == '-' && label[3] == '-') return false;
  bool arabic = false, extended = false, japanese = false;
  for (const char32_t c : label) {
    arabic = arabic || IsIn(c, 0x660, 0x669);
    extended = extended || IsIn(c, 0x6F0, 0x6F9);
    japanese = japanese || IsKanaOrHan(c);
  }
  for (size_t i = 0; i < label.size(); ++i) {
    if (label[i] < 0x80 ? !(IsAlnum(static_cast<char>(label[i])) || label[i] == '-')
                        : !FitsContext(label, i, arabic, extended, japanese))
      return false;
  }
  return true;
}

// Length of the separator at `at`: "." or, internationally, the ideographic full stops of IDNA.
size_t SeparatorAt(std::string_view text, size_t at, bool international) {
  if (text[at] == '.') return 1;
  if (!international) return 0;
  for (const std::string_view stop : {"\u3002", "\uFF0E", "\uFF61"}) {
    if (text.substr(at).starts_with(stop)) return stop.size();
  }
  return 0;
}

bool IsAtomText(char c, bool international) {
  if (!IsAscii(c)) return international;
  return IsAlnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool IsDotAtom(std::string_view text, bool international) {
  bool need = true;
  for (const char c : text) {
    if (c == '.') {
      if (need) return false;
      need = true;
    } else {
      if (!IsAtomText(c, international)) return false;
      need = false;
    }
  }
  return !need;
}

bool IsQuotedLocal(std::string_view text, bool international) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!IsAscii(c)) {
      if (!international) return false;
    } else if (c == '\\') {
      ++i;
      if (i == text.size() || text[i] < ' ' || text[i] > '~') return false;
    } else if (c < ' ' || c > '~' || c == '"') {
      return false;
    }
  }
  return true;
}

bool IsAddressLiteral(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  if (text.starts_with("IPv6:")) return IsIpv6(text.substr(5));
  return IsIpv4(text);
}

}  // namespace

bool IsHostname(std::string_view text, bool international) {
  if (text.empty() || text.size() > (international ? 1012u : 253u)) return false;
  size_t start = 0;
  for (size_t at = 0; at <= text.size();) {
    const size_t separator = at < text.size() ? SeparatorAt(text, at, international) : 1;
    if (separator == 0) {
      ++at;
      continue;
    }
    const std::string_view label = text.substr(start, at - start);
    bool ascii = true;
    for (const char c : label) ascii = ascii && IsAscii(c);
    if (ascii || !international ? !IsLabel(label) : !IsUnicodeLabel(label)) return false;
    at += separator;
    start = at;
  }
  return true;
}

bool IsIpv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text[0] != '.') return false;
      text.remove_prefix(1);
    }
    size_t digits = 0;
    int value = 0;
    while (digits < text.size() && digits < 4 && IsDigit(text[digits])) value = value * 10 + (text[digits++] - '0');
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text[0] == '0')) return false;
    text.remove_prefix(digits);
  }
  return text.empty();
}

bool IsIpv6(std::string_view text) {
  int groups = 0;
  bool compressed = false;
  if (text.starts_with("::")) {
    compressed = true;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  while (true) {
    size_t digits = 0;
    while (digits < text.size() && digits < 5 && IsHex(text[digits])) ++digits;
    if (digits > 0 && digits < text.size() && text[digits] == '.') {
      groups += 2;
      if (!IsIpv4(text)) return false;
      break;
    }
    if (digits == 0 || digits > 4) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text[0] != ':' || groups >= 8) return false;
    text.remove_prefix(1);
    if (!text.empty() && text[0] == ':') {
      if (compressed) return false;
      compressed = true;
      text.remove_prefix(1);
      if (text.empty()) break;
    }
  }
  return compressed ? groups < 8 : groups == 8;
}

bool IsEmail(std::string_view text, bool international) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  if (!IsDotAtom(local, international) && !IsQuotedLocal(local, international)) return false;
  return IsAddressLiteral(domain) || IsHostname(domain, international);
}

}  // namespace rem

#include "base/utf8.h"

#include "base/bytes.h"
#include "base/check.h"

namespace rem {

namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

// Length of the valid code point at `at` (Unicode 15, table 3-7), 0 when there is none. Overlong forms, surrogates and
// values past U+10FFFF are excluded by the range of the second byte.
size_t SequenceLength(std::string_view text, size_t at) {
  const auto lead = static_cast<uint8_t>(text[at]);
  if (lead < 0x80) return 1;
  const size_t left = text.size() - at;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  if (lead >= 0xc2 && lead <= 0xdf) return left >= 2 && IsContinuation(text[at + 1]) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (left < 3) return 0;
    const uint8_t low = lead == 0xe0 ? 0xa0 : 0x80;
    const uint8_t high = lead == 0xed ? 0x9f : 0xbf;
    return byte(1) >= low && byte(1) <= high && IsContinuation(text[at + 2]) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (left < 4) return 0;
    const uint8_t low = lead == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;
    return byte(1) >= low && byte(1) <= high && IsContinuation(text[at + 2]) && IsContinuation(text[at + 3]) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    // Most text is ASCII: eight bytes at a time.
    while (at + 8 <= text.size() && (LoadFixed<uint64_t>(text.data() + at) & kHighBits) == 0) at += 8;
    if (at == text.size()) break;
    const size_t length = SequenceLength(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

size_t Utf8Length(std::string_view text) {
  size_t length = 0;
  for (const char c : text) length += !IsContinuation(c);
  return length;
}

char32_t NextCodePoint(std::string_view text, size_t& position) {
  REM_DCHECK(position < text.size());
  const auto byte = [&](size_t i) -> char32_t {
    return position + i < text.size() ? static_cast<uint8_t>(text[position + i]) & 0x3f : 0;
  };
  const auto lead = static_cast<uint8_t>(text[position]);
  char32_t code_point;
  size_t length;
  if (lead < 0x80) {
    code_point = lead;
    length = 1;
  } else if (lead < 0xe0) {
    code_point = (lead & 0x1fu) << 6 | byte(1);
    length = 2;
  } else if (lead < 0xf0) {
    code_point = (lead & 0x0fu) << 12 | byte(1) << 6 | byte(2);
    length = 3;
  } else {
    code_point = (lead & 0x07u) << 18 | byte(1) << 12 | byte(2) << 6 | byte(3);
    length = 4;
  }
  position += length < text.size() - position ? length : text.size() - position;
  return code_point;
}

void AppendCodePoint(std::string& out, char32_t code_point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((code_point >> shift) & 0x3f)); };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xc0 | code_point >> 6));
    out.push_back(tail(0));
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | code_point >> 12));
    out.push_back(tail(6));
    out.push_back(tail(0));
  } else {
    out.push_back(static_cast<char>(0xf0 | code_point >> 18));
    out.push_back(tail(12));
    out.push_back(tail(6));
    out.push_back(tail(0));
  }
}

std::string_view Utf8Prefix(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && IsContinuation(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace rem

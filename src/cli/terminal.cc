#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <cwchar>
#include <iterator>

#include <fmt/format.h>

namespace rem::cli {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct Decoded {
  char32_t code_point = 0;
  size_t size = 1;
  bool valid = false;
};

// Decodes the sequence at the start of `text`; an ill-formed one has size 1.
Decoded DecodeOne(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
  char32_t code_point = lead & (0xFF >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code_point = (code_point << 6) | (byte(i) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code_point < kSmallest[size] || code_point > 0x10FFFF) return {};
  if (code_point >= 0xD800 && code_point <= 0xDFFF) return {};
  return {code_point, size, true};
}

size_t WidthOf(const Decoded& decoded) {
  if (!decoded.valid) return 1;
  const int width = wcwidth(static_cast<wchar_t>(decoded.code_point));
  return width < 0 ? 1 : static_cast<size_t>(width);
}

bool IsControl(char32_t c) {
  // C0, DEL, C1, the line separators, and the marks that turn the direction of a line around.
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

void AppendEscape(std::string& out, char32_t c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += c < 0x100 ? fmt::format("\\x{:02x}", static_cast<uint32_t>(c))
                   : fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
}

}  // namespace

void InitTerminal() {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "");
}

bool IsTerminal(int fd) { return isatty(fd) == 1; }

bool UseColor(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return IsTerminal(fd);
}

size_t TerminalWidth(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  if (const char* columns = std::getenv("COLUMNS")) {
    const long width = std::strtol(columns, nullptr, 10);
    if (width > 0 && width < 100'000) return static_cast<size_t>(width);
  }
  return 80;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Decoded decoded = DecodeOne(text);
    width += WidthOf(decoded);
    text.remove_prefix(decoded.size);
  }
  return width;
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = DecodeOne(text);
    if (!decoded.valid) {
      out += kReplacement;
    } else if (IsControl(decoded.code_point)) {
      AppendEscape(out, decoded.code_point);
    } else {
      out += text.substr(0, decoded.size);
    }
    text.remove_prefix(decoded.size);
  }
  return out;
}

std::string CutToWidth(std::string_view text, size_t width) {
  size_t used = 0, end = 0, end_with_ellipsis = 0;
  while (end < text.size()) {
    const Decoded decoded = DecodeOne(text.substr(end));
    const size_t next = used + WidthOf(decoded);
    if (next > width)
      return width == 0 ? std::string() : std::string(text.substr(0, end_with_ellipsis)) + std::string(kEllipsis);
    end += decoded.size;
    used = next;
    if (used + 1 <= width) end_with_ellipsis = end;
  }
  return std::string(text);
}

std::string ToValidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = DecodeOne(text);
    out += decoded.valid ? text.substr(0, decoded.size) : kReplacement;
    text.remove_prefix(decoded.size);
  }
  return out;
}

std::string FormatCount(unsigned long long count) {
  std::string digits = std::to_string(count);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string FormatBytes(unsigned long long bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string FormatDuration(long long micros) {
  if (micros < 1'000'000) return fmt::format("{:.2f} ms", static_cast<double>(micros) / 1e3);
  return fmt::format("{:.2f} s", static_cast<double>(micros) / 1e6);
}

}  // namespace rem::cli

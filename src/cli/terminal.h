#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rem::cli {

/// Makes wcwidth() know UTF-8; call once at the start of main.
void InitTerminal();

bool IsTerminal(int fd);

/// True when `fd` is a terminal that should get colours: not with NO_COLOR set or TERM=dumb.
bool UseColor(int fd);

/// Columns of the terminal behind `fd`, else of $COLUMNS, else 80.
size_t TerminalWidth(int fd);

/// Terminal columns that `text` takes; wide East Asian characters take two, combining ones none.
size_t DisplayWidth(std::string_view text);

/// Shows control characters and invalid UTF-8 as escapes (\n, \x1b, U+FFFD), so that a cell stays on its line and
/// stored text cannot steer the terminal.
std::string Printable(std::string_view text);

/// The longest prefix of `text` that fits `width` columns, with an ellipsis when something was cut.
std::string CutToWidth(std::string_view text, size_t width);

/// A copy with each ill-formed UTF-8 sequence replaced by U+FFFD.
std::string ToValidUtf8(std::string_view text);

/// 1234567 as "1,234,567".
std::string FormatCount(unsigned long long count);

/// Bytes for people: "17 B", "4.2 MB".
std::string FormatBytes(unsigned long long bytes);

/// Microseconds for people: "0.42 ms", "1.30 s".
std::string FormatDuration(long long micros);

/// Restores the terminal's normal text after a style.
inline constexpr std::string_view kStyleReset = "\x1b[0m";
inline constexpr std::string_view kStyleDim = "\x1b[2m";
inline constexpr std::string_view kStyleBold = "\x1b[1m";
inline constexpr std::string_view kStyleRed = "\x1b[1;31m";

}  // namespace rem::cli

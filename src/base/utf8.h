#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rem {

bool IsValidUtf8(std::string_view text);
/// Number of code points; `text` must be valid.
size_t Utf8Length(std::string_view text);
/// Decodes the code point at `position` and moves past it; `text` must be valid.
char32_t NextCodePoint(std::string_view text, size_t& position);
void AppendCodePoint(std::string& out, char32_t code_point);
/// `text` shortened to at most `max_bytes` without cutting a code point.
std::string_view Utf8Prefix(std::string_view text, size_t max_bytes);

}  // namespace rem

#pragma once

#include <string>
#include <string_view>

namespace rem {

/// Lower-cases ASCII, Latin, Greek, Cyrillic and Armenian letters (simple case folding, one code point to one), for
/// comparisons that ignore case. `text` must be valid UTF-8; other code points stay.
std::string FoldCase(std::string_view text);
char32_t FoldCodePoint(char32_t c);

}  // namespace rem

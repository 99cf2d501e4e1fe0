#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace rem {

/// Takes a text apart into pieces of at most `max_bytes` (16 or more), none empty, that put together are the text: at
/// the last white space of a piece where its second half has one, else at the boundary of a character.
std::vector<std::string_view> SplitLongText(std::string_view text, size_t max_bytes);

}  // namespace rem

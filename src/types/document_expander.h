#pragma once

#include <string>
#include <string_view>

#include "types/key_dictionary.h"

namespace rem {

/// The document that a stored one with dictionary ids stands for, with names again: the canonical bytes that
/// DocumentAssembler::Copy would build. Remembers, per thread, how the objects of the last shapes are laid out, so that
/// rows of one shape cost one copy of their values.
std::string ExpandNames(std::string_view bytes, const KeyDictionary& keys);

}  // namespace rem

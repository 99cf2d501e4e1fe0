#pragma once

#include <string>
#include <string_view>

namespace rem {

/// The word without the ending of an English plural or verb form (-s, -es, -ies, -ing, -ed) and without a last -e, so
/// that "resize", "resizes", "resized" and "resizing" meet in "resiz". Light on purpose: no dictionary and no
/// derivations. Needs a folded word; words with letters beyond ASCII come back as they are. The view points into `word`
/// or into `buffer`.
std::string_view StripSuffix(std::string_view word, std::string& buffer);

}  // namespace rem

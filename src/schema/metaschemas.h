#pragma once

#include <string_view>

namespace rem {

/// JSON text of the metaschema with this URI (no fragment): draft 2020-12 with all its vocabularies, and draft 7. Empty
/// for any other.
std::string_view FindMetaschema(std::string_view uri);

}  // namespace rem

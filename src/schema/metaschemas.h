#pragma once

#include <span>
#include <string_view>

namespace rem {

struct Metaschema {
  std::string_view uri;  ///< Without a fragment.
  std::string_view text;
};

/// JSON text of the metaschema with this URI (no fragment): drafts 2020-12 and 2019-09 with all their vocabularies, and
/// draft 7. Empty for any other.
std::string_view FindMetaschema(std::string_view uri);

std::span<const Metaschema> MetaschemasOf2019();

}  // namespace rem

#pragma once

#include <string_view>

#include <rem/document.h>

namespace rem {

/// Parses one YAML document with the JSON data model (YAML 1.2 core schema scalars; anchors and aliases are bounded
/// against expansion bombs), for schemas that people write. Errors: kInvalidSchema with line and column.
Document DocumentFromYaml(std::string_view yaml);

}  // namespace rem

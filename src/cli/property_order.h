#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>

namespace rem::cli {

/// A schema in JSON or YAML text as a document. Documents sort their member names, so the order in which the text
/// declares the properties goes into the top-level array "x-rem-property-order" (unless there is one), for SELECT * to
/// follow. Errors: kInvalidJson, kInvalidSchema with line and column.
Document ReadSchemaText(std::string_view text, bool is_yaml);

/// True when a schema file holds YAML: by its extension, else by its first character.
bool LooksLikeYaml(std::string_view path, std::string_view text);

/// Member names of the object `properties` at the top of `text` in declared order; empty when they cannot be told.
std::vector<std::string> JsonPropertyOrder(std::string_view text);
std::vector<std::string> YamlPropertyOrder(std::string_view text);

}  // namespace rem::cli

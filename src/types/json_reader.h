#pragma once

#include <string>
#include <string_view>

#include <rem/document.h>

namespace rem {

/// Parses JSON text to document bytes; errors as of Document::FromJson.
std::string ReadJson(std::string_view json, const DocumentLimits& limits);

/// The slow readable twin of the reader: walks `json` byte by byte and throws an Error that says what is wrong, and at
/// which line and column. Returns when it finds nothing wrong. Called only after the fast reader refused the text.
void ExplainInvalidJson(std::string_view json, const DocumentLimits& limits);

}  // namespace rem

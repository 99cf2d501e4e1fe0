#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rem/document.h>

namespace rem {

/// Appends "/" and `token` with ~ and / escaped (RFC 6901).
void AppendPointerToken(std::string& pointer, std::string_view token);

/// Undoes ~0 and ~1; nullopt for another use of '~'.
std::optional<std::string> DecodePointerToken(std::string_view token);

/// Follows a JSON Pointer such as "/properties/a~1b/items/0" from `root`; nullopt when it is malformed or names
/// nothing.
std::optional<DocumentView> ResolvePointer(const DocumentView& root, std::string_view pointer);

/// Undoes percent-encoding of a URI part; nullopt for a '%' without two hex digits.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace rem

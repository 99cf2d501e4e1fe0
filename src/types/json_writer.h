#pragma once

#include <string>
#include <string_view>

#include <rem/document.h>

namespace rem {

/// JSON text of `view`, members in order of their names. Escapes only what RFC 8259 asks for.
std::string WriteJson(const DocumentView& view, bool pretty);
/// As PostgreSQL shows a jsonb: a space behind commas and colons, short names first, numbers without exponent.
std::string WriteJsonb(const DocumentView& view);
void AppendJsonText(std::string& out, std::string_view text);

}  // namespace rem

#pragma once

#include <string>
#include <string_view>

#include <rem/error.h>

namespace rem::cli {

/// Tells an error on standard error: "error: …", the excerpt of a statement if there is one, "detail: …", "hint: …"; or
/// one JSON object.
void ReportError(const Error& error, bool json, std::string_view excerpt = {});

/// Tells a mistake in the command line itself.
void ReportUsage(std::string_view message, std::string_view hint, bool json);

/// Says something that is not an error, on standard error.
void Note(std::string_view message);

/// The line of `statement` that holds the 1-based character `position`, with a caret under it:
///     select categry from packages
///            ^
/// Empty when the position lies outside.
std::string ShowPosition(std::string_view statement, int position);

}  // namespace rem::cli

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rem {

/// The key of a service: the first of the environment variables that is set, or the content of the file that <variable>
/// with "_FILE" names. Empty where none is set. Read anew each time, so that a key can be changed, and kept nowhere.
/// Error(kPermission) for a file that cannot be read and for what cannot be a key; the error names the variable, never
/// the key.
std::string ReadServiceKey(std::span<const std::string_view> variables);

/// `text` without any occurrence of the key.
std::string WithoutKey(std::string text, const std::string& key);

}  // namespace rem

#pragma once

#include <string>
#include <string_view>

namespace rem {

/// The same regular expression in RE2's syntax. `pattern` is ECMA 262 with the `u` flag, where identity escapes of
/// punctuation and
/// (?i)-style flags are let through as well. Errors: kInvalidSchema for a syntax error and for what RE2 has not
/// (lookaround, backreferences).
std::string TranslatePattern(std::string_view pattern);

/// Whether TranslatePattern and RE2 take it.
bool IsPattern(std::string_view pattern);

}  // namespace rem

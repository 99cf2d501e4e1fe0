#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/functions/regex.h"

namespace rem::sql {

/// What the text of flags of the regexp_ functions says.
struct RegexOptions {
  RegexFlags flags;
  bool global = false;
};
RegexOptions ParseRegexOptions(std::string_view text);
[[noreturn]] void ThrowGlobalOption(std::string_view function);

/// Calls `visit` with the spans of each match from character `start` (from 1) on, until it returns false.
void ForEachMatch(std::string_view text, std::string_view pattern, RegexFlags flags, int64_t start, bool with_groups,
                  const std::function<bool(const std::vector<RegexSpan>&)>& visit);

/// The parts between the matches. Matches of nothing at the ends, or right behind another match, do not split.
std::vector<std::string> SplitByRegex(std::string_view text, std::string_view pattern, RegexFlags flags);

/// Replaces match number `wanted`, or all of them for 0. In the replacement \1 to \9 are groups, \& is the match.
std::string ReplaceByRegex(std::string_view text, std::string_view pattern, std::string_view replacement,
                           RegexFlags flags, int64_t start, int64_t wanted);

/// The regular expression of a SIMILAR TO pattern. `escape` is empty or one character.
std::string SimilarToRegex(std::string_view pattern, std::string_view escape);

}  // namespace rem::sql

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rem {

/// The names closest to `wanted` by Damerau-Levenshtein distance (case-insensitive), best first, at most `limit`; only
/// those near enough to be a slip.
std::vector<std::string> NearestNames(std::string_view wanted, std::span<const std::string> known, size_t limit = 3);

/// `did you mean "a" or "b"?`, or `fallback` when nothing is near.
std::string DidYouMean(std::string_view wanted, std::span<const std::string> known, std::string_view fallback = {});

}  // namespace rem

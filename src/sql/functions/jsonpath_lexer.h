#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rem::sql {

struct PathToken {
  enum class Kind : uint8_t { kEnd, kString, kWord, kVariable, kInteger, kDecimal, kSign };
  Kind kind = Kind::kEnd;
  std::string text;  ///< A word as it was written, without its escapes; signs are "(", "==", "**", ...
};

/// The words of a path, and kEnd. Error(kSyntax).
std::vector<PathToken> ReadPathTokens(std::string_view text);
[[noreturn]] void ThrowPathSyntax(std::string_view near);

}  // namespace rem::sql

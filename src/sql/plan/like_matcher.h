#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rem::sql {

/// A LIKE pattern: % is any text, _ any character, the escape character takes the next one literally.
class LikeMatcher {
 public:
  /// False when the pattern ends with the escape character.
  bool Compile(std::string_view pattern, std::optional<char32_t> escape = U'\\');
  bool Matches(std::string_view text) const;

  /// The literal start of every text that matches, and whether that is all there is to the pattern ("abc%" or "abc").
  const std::string& prefix() const { return prefix_; }
  bool IsExact() const { return shape_ == Shape::kExact; }

 private:
  enum class Shape { kExact, kPrefix, kSuffix, kContains, kGeneral };

  bool MatchesGeneral(std::string_view text) const;

  // The pattern with % as 0x01, _ as 0x02 and every other byte as itself; SQL text never holds these two as wildcards
  // by accident, since literals below 0x04 are kept behind 0x03.
  std::string program_;
  std::string literal_;
  std::string prefix_;
  Shape shape_ = Shape::kGeneral;
};

}  // namespace rem::sql

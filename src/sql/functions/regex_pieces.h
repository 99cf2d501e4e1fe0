#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sql/functions/regex.h"
#include "sql/functions/regex_nfa.h"

namespace rem::sql {

/// A part of a regular expression as PostgreSQL takes a match apart: what holds no groups and wants only long or only
/// short matches is one piece, whatever is in it.
///
///     a*(b+?)c|d  ->  alternate( concat( plain a*, concat( group 1: plain b+?, plain c ) ), plain d )
struct RegexPiece {
  enum class Kind : uint8_t { kPlain, kConcat, kAlternate, kRepeat };
  // Preferences and what lies below.
  static constexpr uint8_t kLonger = 1, kShorter = 2, kMixed = 4, kCaptures = 8;

  Kind kind = Kind::kPlain;
  uint8_t flags = 0;
  size_t group = 0;  ///< 0: none
  int min = 0, max = 0;
  RegexNodePtr syntax;
  std::unique_ptr<RegexNfa> nfa;
  std::vector<std::unique_ptr<RegexPiece>> parts;

  bool short_wanted() const { return (flags & kShorter) != 0; }
};

std::unique_ptr<RegexPiece> BuildRegexPieces(const RegexNodePtr& root);

/// Gives every group inside text[begin, end), which `piece` matches, its span.
void DissectRegex(const RegexPiece& piece, std::string_view text, size_t begin, size_t end, RegexBudget& budget,
                  std::vector<RegexSpan>& spans);

/// The pattern as RE2 writes it; nullopt where RE2 has no such thing. Preferences are left out: they do not matter for
/// whether and where a match begins.
std::optional<std::string> RegexForRe2(const RegexNode& root);

}  // namespace rem::sql

#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "sql/functions/regex_syntax.h"

namespace rem::sql {

/// Bytes of a text, or of a group that took no part in the match.
struct RegexSpan {
  size_t begin = ~size_t{0};
  size_t end = ~size_t{0};
  bool matched() const { return begin != ~size_t{0}; }
};

/// A compiled regular expression of PostgreSQL's kind: the leftmost match, as long or as short as its first quantifier
/// that has a preference says, and the groups inside it by the same rule, from left to right.
///
/// RE2 answers whether and where it matches; an automaton of our own finds the end of a match that is to be short, the
/// groups, and whatever RE2 cannot express (look-around, borders of words).
class Regex {
 public:
  ~Regex();
  /// Error (2201B) for a pattern that is none. Kept between calls: patterns are mostly constants.
  static std::shared_ptr<const Regex> Get(std::string_view pattern, RegexFlags flags);

  size_t groups() const { return groups_; }
  bool Matches(std::string_view text) const;
  /// The leftmost match that begins at byte `from` or behind it: spans[0], and where `with_groups` its groups behind
  /// it.
  bool Search(std::string_view text, size_t from, bool with_groups, std::vector<RegexSpan>& spans) const;

 private:
  struct Engine;
  Regex(std::string_view pattern, RegexFlags flags);

  size_t groups_ = 0;
  std::unique_ptr<Engine> engine_;
};

}  // namespace rem::sql

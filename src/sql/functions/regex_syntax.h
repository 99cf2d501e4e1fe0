#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sql/functions/code_point_set.h"

namespace rem::sql {

/// What the flags of PostgreSQL's regular expressions come down to.
struct RegexFlags {
  bool ignore_case = false;           ///< i
  bool expanded = false;              ///< x: white space and comments count nothing
  bool literal = false;               ///< q: the pattern is a plain text
  bool dot_stops_at_newline = false;  ///< p, n: neither . nor [^...] matches a newline
  bool anchors_at_newline = false;    ///< w, n: ^ and $ match at lines
  bool operator==(const RegexFlags&) const = default;
};

/// A node of an advanced regular expression (ARE). Repeats keep their operand in items[0].
struct RegexNode {
  enum class Kind : uint8_t {
    kEmpty,
    kSet,
    kConcat,
    kAlternate,
    kRepeat,
    kGroup,  ///< Captures; `group` counts from 1.
    kTextBegin,
    kTextEnd,
    kLineBegin,
    kLineEnd,
    kWordBegin,
    kWordEnd,
    kWordBorder,
    kNoWordBorder,
    kLookAhead,
    kLookBehind,
  };
  enum class Preference : uint8_t { kNone, kLonger, kShorter };

  Kind kind = Kind::kEmpty;
  bool negated = false;                       ///< Of the look-around kinds.
  Preference preference = Preference::kNone;  ///< Of a repeat, as written.
  int min = 0;
  int max = 0;  ///< kUnbounded: no limit
  size_t group = 0;
  CodePointSet set;
  std::vector<std::shared_ptr<const RegexNode>> items;
};
using RegexNodePtr = std::shared_ptr<const RegexNode>;

inline constexpr int kUnbounded = -1;
/// Largest number in {m,n}.
inline constexpr int kMaxRegexRepeat = 255;

struct ParsedRegex {
  RegexNodePtr root;
  size_t groups = 0;
};

/// Reads an ARE, with the director ***= or ***: and the embedded options (?...) that may stand at its beginning. Errors
/// are PostgreSQL's, with SQLSTATE 2201B; back references and the older syntaxes (flags b and e) are refused.
ParsedRegex ParseRegex(std::string_view pattern, RegexFlags flags);

/// Sets what one option letter says. False for a letter that is none; those of the older syntaxes are refused.
bool ApplyRegexOption(char32_t letter, RegexFlags& flags);

[[noreturn]] void ThrowInvalidRegex(std::string_view what);

}  // namespace rem::sql

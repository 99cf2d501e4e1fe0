#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rem/value.h>

namespace rem::sql {

/// A query with some of its literals taken out, so that statements that differ only there share one plan:
///
///     SELECT title FROM notes WHERE author = 'ann' AND year > 1999
///     SELECT title FROM notes WHERE author = $1 AND year > $2          'ann', 1999
///
/// Only literals are taken that a plan treats as it treats a parameter: those that a column is compared with in the
/// outermost WHERE, or in that of a subquery inside it, and vectors that a column is compared with
/// (embedding <=> '[0.1,0.2]'). All others (of LIMIT, ORDER BY, GROUP BY, LIKE, casts, ...)
/// stay.
struct NormalisedText {
  std::string text;
  std::vector<Value> literals;
  /// (offset behind $n in `text`, offset behind the literal in the original).
  std::vector<std::pair<size_t, size_t>> shifts;
  std::string original;

  /// The character position in the original of one in `text`.
  int OriginalPosition(int position) const;
};

/// Without literals when there are none to take, or the text is no SELECT.
NormalisedText NormaliseLiterals(std::string_view sql);

}  // namespace rem::sql

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rem::sql {

/// Statement text made ready for libpg_query.
struct PreparedText {
  /// With each `?` parameter written as $n.
  std::string text;
  int parameter_count = 0;
  /// Where `text` grew: (offset in `text`, offset in the original) behind each rewritten parameter.
  std::vector<std::pair<size_t, size_t>> shifts;

  size_t OriginalOffset(size_t offset) const;
};

/// Checks limits and encoding and rewrites `?`. A `?` between two operands is the jsonb operator. Errors:
/// kLimitExceeded (bytes, nesting), kSyntax (NUL, invalid UTF-8, `?` beside `$1`).
PreparedText PrepareText(std::string_view sql);

/// 1-based character position of a byte offset.
int CharacterPosition(std::string_view sql, size_t offset);

}  // namespace rem::sql

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rem/value.h>

namespace rem {

/// What stands for a column in an index over an expression, or for the condition of a partial index. A condition is the
/// last part of its index, true or NULL: a unique index leaves rows apart in which a part is NULL. It is stored among
/// the columns' names as its type and text, which no column is called: "\x01text\x01lower(a)", "\x02boolean\x02a > 5".
struct IndexExpression {
  bool condition = false;
  LogicalType type = LogicalType::kText;
  std::string text;  ///< SQL over the table's columns.

  std::string name() const;
  /// nullopt for the name of a column.
  static std::optional<IndexExpression> Parse(std::string_view name);
};

}  // namespace rem

#pragma once

#include <string_view>

#include "sql/parser/ast.h"

namespace rem::sql {

/// Parses one statement with PostgreSQL's parser. Errors: kSyntax with position, kNotSupported with a hint for what
/// this dialect does not have yet, kLimitExceeded.
ast::Statement ParseStatement(std::string_view sql);
/// The query of a view, as it was stored. Error(kCorruption) for another statement.
ast::SelectPtr ParseViewQuery(std::string_view sql);

}  // namespace rem::sql

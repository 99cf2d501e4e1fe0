#pragma once

#include <string>
#include <string_view>

namespace rem::sql {

/// In double quotes where it must be: unless it is lower-case, and no reserved word of PostgreSQL.
std::string QuoteIdentifier(std::string_view name);
/// 'it''s', or E'back\\slash'.
std::string QuoteLiteralText(std::string_view text);

}  // namespace rem::sql

#pragma once

#include <string>
#include <string_view>

namespace rem::sql {

/// The record's id under any table; no statement can spell it.
inline constexpr std::string_view kRecordIdName{"\0id", 3};

/// ASCII lower case, as PostgreSQL folds names.
std::string FoldName(std::string_view name);

}  // namespace rem::sql

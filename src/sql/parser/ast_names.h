#pragma once

#include <string>
#include <string_view>

namespace rem::sql {

/// ASCII lower case, as PostgreSQL folds names.
std::string FoldName(std::string_view name);

}  // namespace rem::sql

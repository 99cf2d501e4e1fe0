#pragma once

#include <string_view>
#include <vector>

namespace rem::cli {

/// Splits SQL text into its statements at semicolons outside of quotes, comments and dollar quotes, as psql does.
/// Leaves out statements of white space and comments only. Text that is not well formed goes to the engine as it is.
std::vector<std::string_view> SplitStatements(std::string_view sql);

}  // namespace rem::cli

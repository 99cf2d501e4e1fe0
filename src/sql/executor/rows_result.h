#pragma once

#include <cstdint>
#include <vector>

#include <rem/result.h>
#include <rem/value.h>

namespace rem::sql {

/// A result whose rows are there already.
Result MakeRowsResult(std::vector<ResultColumn> columns, const std::vector<std::vector<Value>>& rows,
                      int64_t affected_rows);

}  // namespace rem::sql

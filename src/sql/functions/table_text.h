#pragma once

#include <vector>

#include "sql/plan/table_function.h"

namespace rem::sql {

/// regexp_split_to_table and string_to_table.
void AddTextTableFunctions(std::vector<TableFunction>& out);

}  // namespace rem::sql

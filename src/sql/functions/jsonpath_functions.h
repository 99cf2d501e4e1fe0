#pragma once

#include <vector>

#include "sql/plan/function.h"
#include "sql/plan/table_function.h"

namespace rem::sql {

/// jsonb_path_exists and its kin, @? and @@, the cast to jsonpath.
void AddJsonPathFunctions(std::vector<Function>& out);
/// jsonb_path_query.
void AddJsonPathTableFunctions(std::vector<TableFunction>& out);

}  // namespace rem::sql

#pragma once

#include <vector>

#include "sql/plan/function.h"

namespace rem::sql {

/// What clients ask a server about itself: pg_backend_pid, current_schemas, privileges, sizes in words.
void AddServerInfoFunctions(std::vector<Function>& out);

}  // namespace rem::sql

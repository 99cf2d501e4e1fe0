#pragma once

#include <set>
#include <string>

#include "sql/parser/ast.h"

namespace rem::sql::ast {

/// Adds the names of all tables, views and WITH queries that a query names, wherever in it.
void CollectTables(const Select& select, std::set<std::string>& names);

}  // namespace rem::sql::ast

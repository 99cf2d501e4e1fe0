#pragma once

#include <string_view>

#include <pg_query/pg_query.pb-c.h>

#include "sql/parser/ast.h"
#include "sql/parser/prepare.h"

namespace rem::sql {

/// Turns libpg_query's tree into ours, refusing what is not supported. For parser.cc only.
ast::Statement TransformStatement(std::string_view sql, const PreparedText& prepared, const PgQuery__Node& node);

}  // namespace rem::sql

#pragma once

#include "sql/parser/ast_modify.h"
#include "sql/parser/transformer.h"

namespace rem::sql {

// Statements that define tables. For the files of this folder only.
ast::CreateTable TransformCreateTable(Transformer& transformer, const PgQuery__CreateStmt& node);
ast::DropTables TransformDrop(Transformer& transformer, const PgQuery__DropStmt& node);

}  // namespace rem::sql

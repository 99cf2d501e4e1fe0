#pragma once

#include <optional>

#include "sql/parser/ast_modify.h"
#include "sql/parser/transformer.h"

namespace rem::sql {

// ALTER TABLE, indexes, comments, CREATE TABLE AS. For the files of this folder only.
ast::AlterTable TransformAlterTable(Transformer& transformer, const PgQuery__AlterTableStmt& node);
ast::AlterTable TransformRename(Transformer& transformer, const PgQuery__RenameStmt& node);
ast::CreateIndex TransformCreateIndex(Transformer& transformer, const PgQuery__IndexStmt& node);
ast::DropIndexes TransformDropIndex(const PgQuery__DropStmt& node);
ast::CreateTableAs TransformCreateTableAs(Transformer& transformer, const PgQuery__CreateTableAsStmt& node);
ast::CreateTableAs TransformSelectInto(Transformer& transformer, PgQuery__SelectStmt& node);
ast::Comment TransformComment(const PgQuery__CommentStmt& node);

// PREPARE, EXECUTE, DEALLOCATE, SET, RESET, SHOW, DISCARD.
std::optional<ast::Change> TransformSession(Transformer& transformer, const PgQuery__Node& node);

}  // namespace rem::sql

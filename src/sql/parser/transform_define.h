#pragma once

#include "sql/parser/ast_modify.h"
#include "sql/parser/transformer.h"

namespace rem::sql {

/// The SQL text of an expression, as PostgreSQL would write it.
std::string DeparseExpression(PgQuery__Node* node);
std::string DeparseStatement(PgQuery__Node* node);
ast::StoredExpr TransformStored(Transformer& transformer, PgQuery__Node* node);
ast::ColumnDefinition TransformColumn(Transformer& transformer, const PgQuery__ColumnDef& node,
                                      std::vector<ast::Constraint>& constraints);
ast::Constraint TransformConstraint(Transformer& transformer, const PgQuery__Constraint& node);
/// "public.t" and "t".
std::string TableNameOf(const PgQuery__RangeVar& node);
bool IsTemporary(const PgQuery__RangeVar& node);
ast::Lifetime TransformLifetime(const PgQuery__RangeVar& node, PgQuery__OnCommitAction on_commit);

// Statements that define tables. For the files of this folder only.
ast::CreateTable TransformCreateTable(Transformer& transformer, const PgQuery__CreateStmt& node);
ast::CreateView TransformCreateView(Transformer& t, const PgQuery__ViewStmt& node);
ast::CreateSequence TransformCreateSequence(Transformer& transformer, const PgQuery__CreateSeqStmt& node);
ast::RestartSequence TransformAlterSequence(Transformer& transformer, const PgQuery__AlterSeqStmt& node);
ast::DropTables TransformDrop(Transformer& transformer, const PgQuery__DropStmt& node);

}  // namespace rem::sql

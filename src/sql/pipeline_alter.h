#pragma once

#include "sql/parser/ast_modify.h"
#include "store/definition_target.h"

namespace rem::sql {

// Statements that change definitions. Each is one commit, together with what it makes of the records.
void RunAlterTable(DefinitionTarget& target, ast::AlterTable& alter);
void RunCreateIndex(DefinitionTarget& target, const ast::CreateIndex& create);
void RunDropIndexes(DefinitionTarget& target, const ast::DropIndexes& drop);
void RunComment(DefinitionTarget& target, const ast::Comment& comment);
void RunCreateTable(DefinitionTarget& target, ast::CreateTable& create);
void RunDropTables(DefinitionTarget& target, const ast::DropTables& drop);

}  // namespace rem::sql

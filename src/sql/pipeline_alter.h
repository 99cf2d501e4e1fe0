#pragma once

#include "sql/parser/ast_modify.h"
#include "store/tenant_store.h"

namespace rem::sql {

// Statements that change definitions. Each is one commit, together with what it makes of the records.
void RunAlterTable(TenantStore& tenant, ast::AlterTable& alter);
void RunCreateIndex(TenantStore& tenant, const ast::CreateIndex& create);
void RunDropIndexes(TenantStore& tenant, const ast::DropIndexes& drop);
void RunComment(TenantStore& tenant, const ast::Comment& comment);
void RunCreateTable(TenantStore& tenant, ast::CreateTable& create);
void RunDropTables(TenantStore& tenant, const ast::DropTables& drop);

}  // namespace rem::sql

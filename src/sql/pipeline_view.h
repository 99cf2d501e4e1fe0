#pragma once

#include <string>
#include <vector>

#include "sql/parser/ast_modify.h"
#include "sql/pipeline.h"
#include "store/definition_target.h"

namespace rem::sql {

/// CREATE [OR REPLACE] VIEW: a table of the view's columns whose schema holds its query (catalog/view.h).
void RunCreateView(const QueryContext& context, DefinitionTarget& target, ast::CreateView& create,
                   std::span<const Value> parameters);
/// Views whose queries name the table or view, directly.
std::vector<TablePtr> ViewsOf(const CatalogSnapshot& catalog, const Table& table);
/// Error(kTypeMismatch, 42809) where the name is not of the kind that the statement is about.
void CheckIsTable(const Table& table, int position);
void CheckIsView(const Table& table, int position);
/// Error 42809 unless the table is what DROP names.
void CheckIsKind(const Table& table, const ast::DropTables& drop, int position);
/// Error(kDependentObjects) where the default of a column takes its values from the sequence.
void CheckSequenceIsFree(const CatalogSnapshot& catalog, const Table& sequence);

}  // namespace rem::sql

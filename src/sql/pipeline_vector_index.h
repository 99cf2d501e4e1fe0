#pragma once

#include "catalog/table.h"
#include "schema/vector_index_definition.h"
#include "sql/parser/ast_modify.h"

namespace rem::sql {

/// What CREATE INDEX ... USING hnsw (column) WITH (...) asks for, but for its name. Errors: kColumnNotFound,
/// kTypeMismatch for a column without vectors, kNotFound for an unknown operator class, kInvalidArgument for options,
/// kLimitExceeded where the table's rows need more than the given memory.
VectorIndexDefinition DefineVectorIndex(const ast::CreateIndex& create, const Table& table);

}  // namespace rem::sql

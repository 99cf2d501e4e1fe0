#pragma once

#include <optional>

#include "sql/parser/ast_modify.h"
#include "sql/parser/transformer.h"

namespace rem::sql {

/// INSERT, UPDATE, DELETE, TRUNCATE, BEGIN and its kin, CREATE TABLE, DROP TABLE, CREATE INDEX, ALTER TABLE; nullopt
/// for other statements. For the files of this folder only.
std::optional<ast::Change> TransformChange(Transformer& transformer, const PgQuery__Node& node);

}  // namespace rem::sql

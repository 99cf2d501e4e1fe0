#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <rem/value.h>

#include "sql/parser/ast_modify.h"
#include "sql/pipeline.h"

namespace rem::sql {

/// The plan of an INSERT, UPDATE or DELETE as indented text: what is changed, and below it the query that finds the
/// rows. The change is used up. Error(kNotSupported) for other statements.
std::string ExplainChange(const QueryContext& context, ast::Change& change, std::span<const Value> parameters,
                          int64_t now_micros);

}  // namespace rem::sql

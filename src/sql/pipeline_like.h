#pragma once

#include <string>

#include "catalog/tenant_catalog.h"
#include "sql/parser/ast_modify.h"
#include "sql/pipeline_schema.h"

namespace rem::sql {

/// Adds the columns of the table that LIKE names, and what INCLUDING asks for but its indexes. NOT NULL comes with the
/// columns. Errors: kTableNotFound, kColumnExists, kNotSupported for a column whose sequence would be shared.
void AddColumnsLike(const ast::LikeTable& like, const std::string& table, const CatalogSnapshot& catalog,
                    SchemaDraft& draft);
/// Of INCLUDING INDEXES: primary and unique keys, which are added to `constraints`, and other indexes.
void AddKeysLike(const ast::LikeTable& like, const CatalogSnapshot& catalog, std::vector<ast::Constraint>& constraints);
void AddIndexesLike(const ast::LikeTable& like, const std::string& table, const CatalogSnapshot& catalog,
                    SchemaDraft& draft);

}  // namespace rem::sql

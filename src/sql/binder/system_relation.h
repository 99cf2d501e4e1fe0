#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <rem/value.h>

#include "catalog/tenant_catalog.h"

namespace rem::sql {

/// A relation of pg_catalog or information_schema: a read-only table whose rows are computed from the catalog that a
/// statement was bound with. The binder makes them part of the plan as constant rows, so that they join, filter and
/// sort as any others; plans are kept for one version of the catalog, and so are these rows.
struct SystemRelation {
  struct Column {
    std::string_view name;
    LogicalType type;
  };
  std::string_view schema;
  std::string_view name;
  std::vector<Column> columns;
  /// Values in the order of the columns; NULL where one is missing at the end.
  std::vector<std::vector<Value>> (*rows)(const CatalogSnapshot& catalog);
};

std::span<const SystemRelation> SystemRelations();
/// "pg_class", "pg_catalog.pg_class", "information_schema.tables"; nullptr for another name.
const SystemRelation* FindSystemRelation(std::string_view name);

// What each file adds.
void AddPgCatalogRelations(std::vector<SystemRelation>& out);
void AddPgCatalogViews(std::vector<SystemRelation>& out);
void AddInformationSchema(std::vector<SystemRelation>& out);

}  // namespace rem::sql

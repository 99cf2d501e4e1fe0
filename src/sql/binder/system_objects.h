#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/tenant_catalog.h"
#include "sql/binder/system_types.h"

namespace rem::sql {

// What the system relations tell of a tenant's tables, with the numbers (oids) that join them. A table keeps its number
// for life; those of indexes and constraints follow from their place in the table.

inline constexpr int64_t kCatalogNamespace = 11, kPublicNamespace = 2200, kInformationNamespace = 13000, kOwner = 10;

struct SystemNamespace {
  int64_t oid;
  std::string_view name;
};
/// public has the tables that SQL made; those that a JSON Schema defines stand in the namespace of their category.
std::span<const SystemNamespace> SystemNamespaces();
/// "" for a number that no namespace has.
std::string_view NamespaceName(int64_t oid);

struct SystemColumnInfo {
  std::string name;
  ColumnType type;
  bool not_null = false;
  std::string default_text;  ///< SQL; empty for none.
  bool identity = false;
  std::string generated;  ///< SQL; empty for an ordinary column.
  std::string description;
};

struct SystemIndexInfo {
  int64_t oid = 0;
  std::string name;
  std::vector<int64_t> columns;  ///< From 1, as attnum.
  bool unique = false;
  bool primary = false;
  std::string definition;  ///< CREATE INDEX ...
};

struct SystemConstraintInfo {
  int64_t oid = 0;
  const TableConstraint* constraint = nullptr;
  std::vector<int64_t> columns;     ///< From 1, as attnum.
  std::vector<int64_t> references;  ///< Of a foreign key, in its other table.
  int64_t referred = 0;             ///< The number of that table.
  int64_t index = 0;                ///< Of the index behind a key; 0 for none.
  std::string definition;
};

/// A table, view or sequence, or a system relation (`table` is nullptr).
struct SystemRelationInfo {
  int64_t oid = 0;
  TablePtr table;
  std::string name;
  int64_t name_space = kPublicNamespace;
  char kind = 'r';  ///< As relkind: r, v, or S for a sequence.
  std::vector<SystemColumnInfo> columns;
  std::vector<SystemIndexInfo> indexes;
  std::vector<SystemConstraintInfo> constraints;
  std::string view_text;
  std::string description;
};

/// The tenant's tables, views and sequences and the system relations, by name within each. Not the temporary ones.
std::vector<SystemRelationInfo> DescribeRelations(const CatalogSnapshot& catalog);
/// The number of the relation of this name, as PostgreSQL's regclass reads it (quoted, qualified); 0 for none.
int64_t FindRelationOid(const std::vector<SystemRelationInfo>& relations, std::string_view name);

}  // namespace rem::sql

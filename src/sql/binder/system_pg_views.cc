#include "sql/binder/system_objects.h"
#include "sql/binder/system_relation.h"

// The views of pg_catalog that show tables, views and indexes by name.

namespace rem::sql {

namespace {

using enum LogicalType;
using Rows = std::vector<std::vector<Value>>;

Rows Tables(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    if (relation.kind != 'r') continue;
    rows.push_back({Value(NamespaceName(relation.name_space)), Value(relation.name), Value("rem"), Value(),
                    Value(!relation.indexes.empty()), Value(false), Value(false), Value(false)});
  }
  return rows;
}

Rows Views(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    if (relation.kind != 'v' || relation.table == nullptr) continue;
    rows.push_back(
        {Value(NamespaceName(relation.name_space)), Value(relation.name), Value("rem"), Value(relation.view_text)});
  }
  return rows;
}

Rows Indexes(const CatalogSnapshot& catalog) {
  Rows rows;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) {
    for (const SystemIndexInfo& index : relation.indexes)
      rows.push_back({Value(NamespaceName(relation.name_space)), Value(relation.name), Value(index.name), Value(),
                      Value(index.definition)});
  }
  return rows;
}

}  // namespace

void AddPgCatalogViews(std::vector<SystemRelation>& out) {
  out.push_back({"pg_catalog",
                 "pg_tables",
                 {{"schemaname", kText},
                  {"tablename", kText},
                  {"tableowner", kText},
                  {"tablespace", kText},
                  {"hasindexes", kBool},
                  {"hasrules", kBool},
                  {"hastriggers", kBool},
                  {"rowsecurity", kBool}},
                 Tables});
  out.push_back({"pg_catalog",
                 "pg_views",
                 {{"schemaname", kText}, {"viewname", kText}, {"viewowner", kText}, {"definition", kText}},
                 Views});
  out.push_back(
      {"pg_catalog",
       "pg_indexes",
       {{"schemaname", kText}, {"tablename", kText}, {"indexname", kText}, {"tablespace", kText}, {"indexdef", kText}},
       Indexes});
}

}  // namespace rem::sql

#include "sql/binder/system_relation.h"

namespace rem::sql {

std::span<const SystemRelation> SystemRelations() {
  static const std::vector<SystemRelation> relations = [] {
    std::vector<SystemRelation> all;
    AddPgCatalogRelations(all);
    AddPgCatalogViews(all);
    AddInformationSchema(all);
    return all;
  }();
  return relations;
}

const SystemRelation* FindSystemRelation(std::string_view name) {
  constexpr std::string_view kCatalog = "pg_catalog";
  const size_t dot = name.find('.');
  const std::string_view schema = dot == std::string_view::npos ? kCatalog : name.substr(0, dot);
  if (dot != std::string_view::npos) name.remove_prefix(dot + 1);
  if (schema != kCatalog && schema != "information_schema") return nullptr;
  for (const SystemRelation& relation : SystemRelations()) {
    if (relation.schema == schema && relation.name == name) return &relation;
  }
  return nullptr;
}

}  // namespace rem::sql

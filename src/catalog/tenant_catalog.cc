#include "catalog/tenant_catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include <rem/error.h>

#include "base/fold.h"
#include "base/nearest.h"

namespace rem {

CatalogSnapshot::CatalogSnapshot(uint64_t version, std::vector<TablePtr> tables)
    : version_(version), tables_(std::move(tables)) {
  std::sort(tables_.begin(), tables_.end(), [](const auto& a, const auto& b) { return a->name() < b->name(); });
  // Earlier rounds win: a short_name hides another table's registered name, and both hide a fully qualified one.
  for (auto member : {&TableSchema::short_name, &TableSchema::name, &TableSchema::fully_qualified_name}) {
    for (size_t i = 0; i < tables_.size(); ++i) {
      const std::string& name = tables_[i]->schema.*member;
      by_name_.emplace(name, i);
      by_folded_name_.emplace(FoldCase(name), i);
    }
  }
}

CatalogSnapshot::CatalogSnapshot(std::shared_ptr<const CatalogSnapshot> permanent, std::string_view temporary)
    : version_(permanent->version_),
      tables_(permanent->tables_),
      permanent_(std::move(permanent)),
      temporary_(temporary) {
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (!IsTemporary(*tables_[i])) continue;
    const std::string name = tables_[i]->schema.name.substr(temporary.size());
    for (const std::string& known : {name, "pg_temp." + name}) {
      by_name_.emplace(known, i);
      by_folded_name_.emplace(FoldCase(known), i);
    }
  }
  // What is there already stays.
  by_name_.insert(permanent_->by_name_.begin(), permanent_->by_name_.end());
  by_folded_name_.insert(permanent_->by_folded_name_.begin(), permanent_->by_folded_name_.end());
}

TablePtr CatalogSnapshot::Find(std::string_view name) const {
  if (auto it = by_name_.find(name); it != by_name_.end()) return tables_[it->second];
  if (auto it = by_folded_name_.find(FoldCase(name)); it != by_folded_name_.end()) return tables_[it->second];
  constexpr std::string_view kPublic = "public.";
  if (name.starts_with(kPublic)) return permanent().Find(name.substr(kPublic.size()));
  return nullptr;
}

TablePtr CatalogSnapshot::Get(std::string_view name) const {
  if (TablePtr table = Find(name)) return table;
  std::vector<std::string> names;
  for (const auto& table : tables_) names.push_back(table->name());
  throw Error(ErrorCode::kTableNotFound, fmt::format("Table \"{}\" does not exist", name),
              DidYouMean(name, names, "register its schema first, or list the tables that exist"));
}

TablePtr CatalogSnapshot::FindById(TableId id) const {
  auto it = std::find_if(tables_.begin(), tables_.end(), [&](const auto& t) { return t->id == id; });
  return it == tables_.end() ? nullptr : *it;
}

}  // namespace rem

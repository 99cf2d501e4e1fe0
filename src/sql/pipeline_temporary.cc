#include "sql/pipeline_temporary.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace rem::sql {
namespace {

/// Of the process: no two connections to one database share a prefix, and one process has a database open.
std::atomic<uint64_t> next_connection{1};

}  // namespace

TemporaryTables::TemporaryTables() : prefix_(fmt::format("pg_temp_{}.", next_connection++)) {}

std::string TemporaryTables::NameOf(std::string_view name) {
  used_ = true;
  return prefix_ + std::string(name);
}

CatalogPtr TemporaryTables::Named(CatalogPtr catalog) {
  if (!used_) return catalog;
  const std::lock_guard lock(mutex_);
  if (catalog == last_) return last_named_;
  const bool any = std::ranges::any_of(catalog->tables(),
                                       [&](const TablePtr& table) { return table->schema.name.starts_with(prefix_); });
  last_ = catalog;
  last_named_ = any ? std::make_shared<const CatalogSnapshot>(std::move(catalog), prefix_) : std::move(catalog);
  return last_named_;
}

void TemporaryTables::Shorten(std::string& message) const {
  for (size_t at = message.find(prefix_); at != std::string::npos; at = message.find(prefix_, at))
    message.erase(at, prefix_.size());
}

void TemporaryTables::DropGoing(DefinitionTarget& target) {
  for (const std::string& name : std::exchange(going_, {})) {
    // It may have been dropped, or never made, since a savepoint was gone back to.
    if (target.catalog()->Find(name) != nullptr) target.DropTable(name);
  }
}

void TemporaryTables::DropAll(DefinitionTarget& target) {
  if (!used_) return;
  std::vector<std::string> names;
  const CatalogPtr catalog = target.catalog();
  for (const TablePtr& table : catalog->tables()) {
    if (table->schema.name.starts_with(prefix_)) names.push_back(table->schema.name);
  }
  for (const std::string& name : names) target.DropTable(name);
}

}  // namespace rem::sql

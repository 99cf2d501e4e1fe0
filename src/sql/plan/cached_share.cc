#include "sql/plan/cached_share.h"

#include "store/column_cache.h"

namespace rem::sql {

std::string CacheName(const PlanColumn& column) {
  std::string name{static_cast<char>(column.source), static_cast<char>(column.type)};
  for (const std::string& part : column.path) {
    name += std::to_string(part.size());
    name += ' ';
    name += part;
  }
  return name;
}

double CachedShare(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                   std::span<const ColumnId> ids) {
  const auto held = view.Columns(table);
  if (held == nullptr) return 0;
  std::vector<std::string> names;
  for (const ColumnId id : ids) {
    if (columns[id].source == ColumnSource::kVector) return 0;
    names.push_back(CacheName(columns[id]));
  }
  return held->HeldShare(names, table.counters->next_row.load() / kColumnBlockRows + 1);
}

}  // namespace rem::sql

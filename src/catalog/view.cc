#include "catalog/view.h"

namespace rem {

std::optional<std::string> ViewQueryOf(const Table& table) {
  // Only SQL makes views.
  if (!table.schema.made_by_sql) return std::nullopt;
  const auto query = table.schema.json_schema.view().Find(kViewKey);
  if (!query || query->kind() != NodeKind::kText) return std::nullopt;
  return std::string(query->AsText());
}

}  // namespace rem

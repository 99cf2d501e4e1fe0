#include "cli/transfer.h"

#include <algorithm>

namespace rem::cli {

namespace {

void AddOnce(std::vector<std::string>& names, std::string_view name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
}

}  // namespace

std::vector<std::string> VectorColumns(const TableInfo& table) {
  std::vector<std::string> columns;
  if (const std::optional<DocumentView> properties = table.json_schema.view().Find("properties")) {
    for (size_t i = 0; i < properties->size(); ++i) {
      const std::optional<DocumentView> vector = properties->ValueAt(i).Find("vector");
      if (!vector) continue;
      const bool declared =
          vector->kind() == NodeKind::kObject || (vector->kind() == NodeKind::kBool && vector->AsBool());
      if (declared) columns.emplace_back(properties->KeyAt(i));
    }
  }
  if (!table.embedding_fields.empty()) AddOnce(columns, "embedding");
  return columns;
}

std::vector<std::string> ExportedVectors(const TableInfo& table) {
  std::vector<std::string> columns = VectorColumns(table);
  AddOnce(columns, "embedding");
  AddOnce(columns, "embedding_alt");
  return columns;
}

}  // namespace rem::cli

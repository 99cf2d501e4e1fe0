#include <algorithm>

#include <rem/database.h>

#include "catalog/view.h"
#include "database/session_impl.h"

namespace rem {

Session::Session(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

const std::string& Session::tenant() const { return impl_->tenant->name(); }

TableInfo MakeTableInfo(const Table& table) {
  TableInfo info;
  info.name = table.name();
  info.fully_qualified_name = table.schema.fully_qualified_name;
  info.version = table.schema.version;
  info.category = table.schema.category;
  info.description = table.schema.description;
  for (const IndexDefinition& index : table.indexes) info.indexed_fields.push_back(index.field.name);
  info.embedding_fields = table.schema.embedding_fields;
  const VectorColumn* embedding = table.FindVector("embedding");
  info.embedding_provider = embedding == nullptr ? table.schema.embedding_provider : embedding->provider_name;
  info.key_field = table.schema.key_field;
  info.json_schema = table.schema.json_schema;
  info.row_count = table.counters->live_rows.load();
  info.indexes_ready = std::all_of(table.indexes.begin(), table.indexes.end(), [](const auto& i) { return i.ready; });
  return info;
}

TableInfo Session::RegisterSchema(std::string_view name, const Document& json_schema, const RegisterOptions& options) {
  return MakeTableInfo(*impl_->tenant->Register(name, json_schema, options.force));
}

TableInfo Session::GetTable(std::string_view name) const { return MakeTableInfo(*impl_->tenant->catalog()->Get(name)); }

std::vector<TableInfo> Session::ListTables() const {
  std::vector<TableInfo> tables;
  const CatalogPtr catalog = impl_->tenant->catalog();  // Kept: another thread may publish the next one meanwhile.
  for (const TablePtr& table : catalog->tables()) {
    // Temporary tables are for the SQL of their own session.
    if (!table->schema.json_schema.view().Find(kTemporaryKey)) tables.push_back(MakeTableInfo(*table));
  }
  return tables;
}

void Session::DropTable(std::string_view name) { impl_->tenant->DropTable(name); }

bool Session::WaitForIndexes(int64_t timeout_ms) { return impl_->tenant->WaitForIndexes(timeout_ms); }

}  // namespace rem

#include <algorithm>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/pipeline_change.h"
#include "sql/pipeline_like.h"
#include "sql/pipeline_rules.h"
#include "sql/pipeline_schema.h"

namespace rem::sql {

namespace {

// Those of LIKE stand where LIKE stands.
void AddAllColumns(ast::CreateTable& create, const CatalogSnapshot& catalog, SchemaDraft& draft) {
  const std::string& name = create.table.name;
  size_t at = 0;
  const auto add_until = [&](size_t end) {
    std::vector<ast::ColumnDefinition> some(std::make_move_iterator(create.columns.begin() + static_cast<long>(at)),
                                            std::make_move_iterator(create.columns.begin() + static_cast<long>(end)));
    AddColumns(name, some, draft);
    std::ranges::move(some, create.columns.begin() + static_cast<long>(at));
    at = end;
  };
  for (const ast::LikeTable& like : create.likes) {
    add_until(like.at);
    AddColumnsLike(like, name, catalog, draft);
  }
  add_until(create.columns.size());
  if (draft.properties.size() > kMaxColumns) {
    throw Error(ErrorCode::kLimitExceeded, fmt::format("tables can have at most {} columns", kMaxColumns),
                "make several tables")
        .WithPosition(create.table.position);
  }
}

}  // namespace

Document SchemaOf(ast::CreateTable& create, const CatalogSnapshot& catalog) {
  const std::string& name = create.table.name;
  SchemaDraft draft;
  if (create.lifetime.temporary) draft.SetTemporary();
  AddAllColumns(create, catalog, draft);
  for (const ast::LikeTable& like : create.likes) AddKeysLike(like, catalog, create.constraints);
  AddConstraints(name, create.constraints, catalog, draft);
  for (const ast::LikeTable& like : create.likes) AddIndexesLike(like, name, catalog, draft);
  const Document schema = draft.Finish();
  try {
    CheckRowRules(ReadTableSchema(name, schema));
  } catch (const Error& error) {
    // Positions in a stored expression are not those of the statement.
    throw Error(error.code(), error.message(), error.hint()).WithPosition(create.table.position);
  }
  return schema;
}

ast::CreateTable TableOfResult(const ast::CreateTableAs& create, std::span<const ResultColumn> columns) {
  if (create.columns.size() > columns.size()) {
    throw Error(ErrorCode::kSyntax, "too many column names were specified", "name at most the query's columns")
        .WithPosition(create.table.position);
  }
  ast::CreateTable table;
  table.table = create.table;
  for (size_t i = 0; i < columns.size(); ++i) {
    ast::ColumnDefinition column;
    const std::string& name = i < create.columns.size() ? create.columns[i] : columns[i].name;
    column.name = {name, name, true};
    column.position = create.table.position;
    LogicalType type = columns[i].type == LogicalType::kNull ? LogicalType::kText : columns[i].type;
    if (IsArray(type)) {
      column.type.dimensions = 1;
      type = ElementOf(type);
    }
    column.type.name = LogicalTypeName(type);
    table.columns.push_back(std::move(column));
  }
  return table;
}

std::vector<Document> RecordsOfResult(const ast::CreateTable& table, Result& rows) {
  std::vector<Document> records;
  while (rows.Next()) {
    DocumentBuilder out;
    out.BeginObject();
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const Value value = rows.Get(i);
      if (value.IsNull()) continue;
      out.Key(table.columns[i].name.text);
      out.Copy(StoredFromValue(value));
    }
    out.EndObject();
    records.push_back(out.Finish());
  }
  return records;
}

}  // namespace rem::sql

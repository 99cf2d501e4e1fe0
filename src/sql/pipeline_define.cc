#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/pipeline_change.h"
#include "sql/pipeline_rules.h"
#include "sql/pipeline_schema.h"

namespace rem::sql {

Document SchemaOf(ast::CreateTable& create, const CatalogSnapshot& catalog) {
  const std::string& name = create.table.name;
  if (create.columns.size() > kMaxColumns) {
    throw Error(ErrorCode::kLimitExceeded, fmt::format("tables can have at most {} columns", kMaxColumns),
                "make several tables")
        .WithPosition(create.table.position);
  }
  SchemaDraft draft;
  AddColumns(name, create.columns, draft);
  AddConstraints(name, create.constraints, catalog, draft);
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

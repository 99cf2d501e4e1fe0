#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/pipeline_change.h"
#include "sql/pipeline_rules.h"
#include "sql/pipeline_schema.h"

namespace rem::sql {
namespace {

/// A property as LIKE takes it over.
Document PropertyLike(const DocumentView& property, const ast::TableLike& like) {
  DocumentBuilder out;
  out.BeginObject();
  for (size_t i = 0; i < property.size(); ++i) {
    const std::string_view key = property.KeyAt(i);
    const bool is_default = key == "default" || key == "sqlDefault" || key == "sqlIdentity";
    if (is_default && like.defaults && key == "sqlDefault" && property.ValueAt(i).AsText() == kSequenceDefault)
      throw Error(ErrorCode::kNotSupported, "not supported yet: LIKE ... INCLUDING DEFAULTS of a serial column",
                  "name its columns, or leave out INCLUDING DEFAULTS")
          .WithPosition(like.table.position);
    if ((is_default && !like.defaults) || (key == "description" && !like.comments)) continue;
    out.Key(key);
    out.Copy(property.ValueAt(i));
  }
  out.EndObject();
  return out.Finish();
}

void AddLike(const std::string& table, const ast::TableLike& like, const CatalogSnapshot& catalog, SchemaDraft& draft) {
  const TablePtr source = FindTable(catalog, like.table);
  if (!source->schema.made_by_sql)
    throw Error(ErrorCode::kNotSupported, "not supported yet: LIKE of a table that a JSON Schema defines",
                "name the columns")
        .WithPosition(like.table.position);
  const SchemaDraft of(*source);
  for (const SchemaDraft::Property& property : of.properties) {
    if (draft.Find(property.name) != nullptr) {
      throw Error(ErrorCode::kColumnExists, fmt::format("column \"{}\" specified more than once", property.name),
                  "give each column a name of its own")
          .WithPosition(like.table.position);
    }
    draft.properties.push_back({property.name, PropertyLike(property.schema, like), property.required});
  }
  for (TableConstraint constraint : of.sql.constraints) {
    using enum TableConstraint::Kind;
    const bool key = constraint.kind == kPrimaryKey || constraint.kind == kUnique;
    if (constraint.kind == kForeignKey || !(key ? like.indexes : like.constraints)) continue;
    if (key) {
      std::string wanted = table.starts_with("pg_temp_") ? table.substr(table.find('.') + 1) : table;
      for (const std::string& column : constraint.columns) wanted += constraint.kind == kUnique ? "_" + column : "";
      wanted += constraint.kind == kUnique ? "_key" : "_pkey";
      constraint.name = FreeRelationName(catalog, draft, wanted);
    }
    draft.sql.constraints.push_back(std::move(constraint));
  }
  for (SqlIndex index : of.sql.indexes) {
    if (!like.indexes) break;
    std::string wanted = table;
    for (const std::string& column : index.columns) wanted += "_" + column;
    index.name = FreeRelationName(catalog, draft, wanted + "_idx");
    draft.sql.indexes.push_back(std::move(index));
  }
}

}  // namespace

Document SchemaOf(ast::CreateTable& create, const CatalogSnapshot& catalog) {
  const std::string& name = create.table.name;
  if (create.columns.size() > kMaxColumns) {
    throw Error(ErrorCode::kLimitExceeded, fmt::format("tables can have at most {} columns", kMaxColumns),
                "make several tables")
        .WithPosition(create.table.position);
  }
  SchemaDraft draft;
  if (create.lifetime.temporary) draft.SetTemporary();
  size_t added = 0;
  const auto add_to = [&](size_t end) {
    for (; added < end; ++added) AddColumns(name, {&create.columns[added], 1}, draft);
  };
  for (const ast::TableLike& like : create.likes) {
    add_to(like.place);
    AddLike(name, like, catalog, draft);
  }
  add_to(create.columns.size());
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

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>
#include <rem/result.h>

#include "catalog/tenant_catalog.h"
#include "schema/sql_definition.h"
#include "schema/vector_index_definition.h"
#include "sql/parser/ast_modify.h"

namespace rem::sql {

/// A table's JSON Schema taken apart, so that definitions of SQL can be added and taken away.
class SchemaDraft {
 public:
  struct Property {
    std::string name;
    Document schema;
    bool required = false;
  };

  /// Of a table that CREATE TABLE makes.
  SchemaDraft();
  explicit SchemaDraft(const Table& table);

  std::vector<Property> properties;  ///< In the order of `SELECT *`.
  SqlDefinition sql;
  std::vector<VectorIndexDefinition> vector_indexes;

  /// nullptr where there is none.
  Property* Find(std::string_view name);
  /// Error(kColumnNotFound).
  Property& Get(std::string_view name, std::string_view table, int position = 0);
  void SetDescription(const std::string& text);
  /// See kTemporaryKey.
  void SetTemporary();
  Document Finish() const;

 private:
  Document rest_;  ///< The members of the schema that are not taken apart; of a table not made by SQL, nearly all.
};

/// Adds columns and constraints, and checks that they fit together and with the other tables of `catalog`.
void AddColumns(const std::string& table, std::span<const ast::ColumnDefinition> columns, SchemaDraft& draft);
void AddConstraints(const std::string& table, const std::vector<ast::Constraint>& constraints,
                    const CatalogSnapshot& catalog, SchemaDraft& draft);
/// Replaces the members of a property that its type gives it.
void SetPropertyType(SchemaDraft::Property& property, const ast::TypeName& type, int position);
/// nullopt removes the default.
void SetPropertyDefault(SchemaDraft::Property& property, const ast::StoredExpr* value, int position);
void SetPropertyRequired(SchemaDraft::Property& property, bool required);
/// The table that CREATE TABLE AS makes for rows with these columns, and its records.
ast::CreateTable TableOfResult(const ast::CreateTableAs& create, std::span<const ResultColumn> columns);
std::vector<Document> RecordsOfResult(const ast::CreateTable& table, Result& rows);

/// A name that no table, index or constraint has: `wanted`, or `wanted` with a number.
std::string FreeRelationName(const CatalogSnapshot& catalog, const SchemaDraft& draft, const std::string& wanted);
bool RelationExists(const CatalogSnapshot& catalog, const SchemaDraft& draft, std::string_view name);

}  // namespace rem::sql

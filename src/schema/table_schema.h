#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rem/value.h>
#include <rem/yaml.h>

#include "schema/sql_definition.h"
#include "types/cast.h"

namespace rem {

/// A top-level property as SQL sees it.
struct ColumnSchema {
  std::string name;
  LogicalType type = LogicalType::kJson;
  TypeModifier modifier;  ///< Of numeric(p,s), varchar(n), char(n).
  bool padded = false;    ///< char(n)
  bool required = false;
  bool nullable = true;  ///< Not required, or its schema admits null.
  std::string description;
  uint32_t vector_dimension = 0;  ///< Of a kVector column; 0 where the first vector sets it.
  /// "sqlType" names its type: every stored value reads as that type.
  bool sql_typed = false;
  std::string default_expression;  ///< SQL, computed for records that leave the column out; from "sqlDefault".
};

/// A field with a secondary index.
struct IndexedField {
  std::string name;                       ///< As declared: "category", "priority.level", "tags".
  std::vector<std::string> path;          ///< Member names from the top.
  LogicalType type = LogicalType::kText;  ///< Of the indexed values.
  bool each_element = false;              ///< The field is an array: one index entry for each element.
  std::vector<IndexedField> more;         ///< Further columns of an index over several.
  bool unique = false;                    ///< No two live records have the same values, NULLs apart.
  bool primary = false;                   ///< Of the PRIMARY KEY.

  /// Whether the two hold the same entries; names do not count.
  bool SameEntries(const IndexedField& other) const;
};

/// What a table is, read from its JSON Schema. Pure data.
struct TableSchema {
  std::string name;                  ///< Registered name.
  std::string short_name;            ///< Default: name.
  std::string fully_qualified_name;  ///< Default: category + "." + name.
  std::string version = "1.0.0";
  std::string category = "user";
  std::string description;
  std::vector<ColumnSchema> columns;  ///< In declared order.
  bool additional_properties = true;  ///< Undeclared properties are allowed.
  std::vector<IndexedField> indexes;
  std::vector<std::string> embedding_fields;  ///< As declared; else "content" or "description" where there is such a
                                              ///< text column; else empty.
  std::string embedding_provider;             ///< Empty: the database's default.
  std::string embedding_provider_alt;
  std::string key_field;
  std::vector<std::string>
      lookup_fields;  ///< Found by Session::Lookup: declared, else key_field and `name` where there are such.
  Document tools;     ///< JSON array.
  /// Made by CREATE TABLE: records are known by the PRIMARY KEY alone, not by `uri` or `key`.
  bool made_by_sql = false;
  std::vector<TableConstraint> constraints;  ///< From "x-rem-sql".
  Document json_schema;                      ///< The whole schema as registered.
};

/// Reads metadata and columns. Property order is not kept by Document: columns come sorted by name unless the schema's
/// top level has "x-rem-property-order". `$ref`, `allOf` with one branch, `anyOf`/`oneOf` with null, `enum`, `const`
/// are followed to find a column's type. Metadata keys (docs/schemas.md): fully_qualified_name, short_name, version,
/// category, description, indexed_fields, embedding_fields, embedding_provider, embedding_provider_alt
/// (default_embedding_provider is an alias), key_field, lookup_fields, tools, at the schema's top level, or inside a
/// top-level "json_schema_extra" object; "x-rem-sql" is what CREATE TABLE adds (schema/sql_definition.h). A property
/// {"type": "array", "items": {"type": "number"}, "vector": true |
/// {"dimension": n}} is a vector column. Errors: kInvalidSchema when the schema does not describe an object, an
/// indexed/key/embedding field does not exist (nearest names) or cannot be indexed, a name is empty, too long (128
/// bytes).
///
/// A property that is named as a system column (id, created_at, modified_at, deleted_at) and has its type is that
/// system column. Of another type, or with a "sqlType", it is an ordinary column that hides the system column; an `id`
/// of text or integer is then the table's key_field, unless the schema names another.
TableSchema ReadTableSchema(std::string_view name, const Document& json_schema);

/// How much a new version of a schema changes.
struct SchemaDifference {
  bool identical = false;
  /// Why existing rows may break: "property \"age\" becomes required", "type of \"age\" changes from integer to
  /// string". Empty when compatible.
  std::vector<std::string> conflicts;
  std::vector<IndexedField> added_indexes;
  std::vector<IndexedField> dropped_indexes;
  /// Rows written before need their embeddings again.
  bool embedding_changed = false;
};
SchemaDifference CompareSchemas(const TableSchema& before, const TableSchema& after);

}  // namespace rem

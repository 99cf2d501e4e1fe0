#include "sql/pipeline_schema.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/nearest.h"
#include "catalog/view.h"
#include "sql/pipeline_change.h"
#include "sql/pipeline_rules.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

constexpr std::array<std::string_view, 5> kTakenApart = {"properties", "required", "x-rem-property-order",
                                                         kSqlDefinitionKey, kVectorIndexesKey};
/// Members of a property that SetPropertyType writes.
constexpr std::array<std::string_view, 7> kTypeMembers = {"type",      "sqlType", "minimum", "maximum",
                                                          "maxLength", "items",   "vector"};

bool IsOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

[[noreturn]] void NotSupported(const std::string& what, std::string_view hint, int position) {
  throw Error(ErrorCode::kNotSupported, "not supported yet: " + what, std::string(hint)).WithPosition(position);
}

/// A copy of an object without some of its members.
Document Without(const DocumentView& object, std::span<const std::string_view> names) {
  DocumentBuilder out;
  out.BeginObject();
  for (size_t i = 0; i < object.size(); ++i) {
    if (IsOneOf(object.KeyAt(i), names)) continue;
    out.Key(object.KeyAt(i));
    out.Copy(object.ValueAt(i));
  }
  out.EndObject();
  return out.Finish();
}

/// Begins an object that goes on after the members of `object`.
void BeginWith(const DocumentView& object, DocumentBuilder& out) {
  out.BeginObject();
  for (size_t i = 0; i < object.size(); ++i) {
    out.Key(object.KeyAt(i));
    out.Copy(object.ValueAt(i));
  }
}

std::string Spelled(const ast::TypeName& type) {
  std::string text = type.name;
  for (size_t i = 0; i < type.modifiers.size(); ++i)
    text += (i == 0 ? "(" : ",") + std::to_string(type.modifiers[i]) + (i + 1 == type.modifiers.size() ? ")" : "");
  if (type.dimensions > 0) text += "[]";
  return text;
}

SqlType TypeOf(const ast::TypeName& type, int position) {
  const std::string spelled = Spelled(type);
  std::optional<SqlType> found;
  try {
    found = ParseSqlType(spelled);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), error.hint()).WithPosition(position);
  }
  if (!found) {
    throw Error(ErrorCode::kNotFound, fmt::format("type \"{}\" does not exist", spelled),
                "docs/sql/overview.md lists the types")
        .WithPosition(position);
  }
  if (IsArray(found->type) && ElementOf(found->type) == LogicalType::kVector)
    NotSupported("arrays of vectors", "use one vector a column", position);
  return *found;
}

std::string_view JsonTypeOf(LogicalType type) {
  if (IsArray(type)) return "array";
  if (IsInteger(type)) return "integer";
  if (type == LogicalType::kBool) return "boolean";
  return "string";
}

void AddTypes(std::initializer_list<std::string_view> types, bool nullable, DocumentBuilder& out) {
  out.Key("type");
  out.BeginArray();
  for (const std::string_view type : types) out.Text(type);
  if (nullable) out.Text("null");
  out.EndArray();
}

void AddType(const SqlType& type, bool nullable, DocumentBuilder& out) {
  const bool number =
      type.type == LogicalType::kNumeric || type.type == LogicalType::kReal || type.type == LogicalType::kDouble;
  if (type.type == LogicalType::kJson) {
    AddTypes({"object", "array", "string", "number", "boolean"}, nullable, out);
  } else if (number) {
    // Exact and infinite numbers are stored as texts.
    AddTypes({"number", "string"}, nullable, out);
  } else {
    AddTypes({JsonTypeOf(type.type)}, nullable, out);
  }
  if (type.type == LogicalType::kInteger || type.type == LogicalType::kSmallInt) {
    const int64_t limit = type.type == LogicalType::kInteger ? int64_t{1} << 31 : int64_t{1} << 15;
    out.Key("minimum");
    out.Int(-limit);
    out.Key("maximum");
    out.Int(limit - 1);
  }
  if (type.type == LogicalType::kText && type.modifier.first > 0) {
    out.Key("maxLength");
    out.Int(type.modifier.first);
  }
}

void AddVector(const SqlType& type, DocumentBuilder& out) {
  out.Key("type");
  out.Text("array");
  out.Key("items");
  out.BeginObject();
  out.Key("type");
  out.Text("number");
  out.EndObject();
  out.Key("vector");
  if (type.modifier.first <= 0) {
    out.Bool(true);
    return;
  }
  out.BeginObject();
  out.Key("dimension");
  out.Int(type.modifier.first);
  out.EndObject();
}

void AddColumn(const std::string& table, const ast::ColumnDefinition& column, SchemaDraft& draft) {
  const std::string& name = column.name.text;
  if (draft.Find(name) != nullptr) {
    throw Error(ErrorCode::kColumnExists, fmt::format("column \"{}\" specified more than once", name),
                "give each column a name of its own")
        .WithPosition(column.position);
  }
  SchemaDraft::Property property{name, Document::FromJson("{}"), false};
  const SqlType type = TypeOf(column.type, column.position);
  if (column.not_null && type.type == LogicalType::kVector)
    NotSupported("NOT NULL vectors", "leave out NOT NULL", column.position);
  property.required = column.not_null;
  SetPropertyType(property, column.type, column.position);
  if (column.default_value) SetPropertyDefault(property, &*column.default_value, column.position);
  if (column.sequence) {
    if (column.default_value || !IsInteger(type.type)) {
      throw Error(ErrorCode::kSyntax,
                  fmt::format("multiple default values specified for column \"{}\" of table \"{}\"", name, table),
                  "a serial or identity column takes its values from a sequence")
          .WithPosition(column.position);
    }
    DocumentBuilder out;
    BeginWith(property.schema, out);
    out.Key("sqlDefault");
    out.Text(kSequenceDefault);
    if (column.always) {
      out.Key("sqlIdentity");
      out.Text("always");
    }
    out.EndObject();
    property.schema = out.Finish();
  }
  draft.properties.push_back(std::move(property));
}

void CollectNames(const ast::Expr& expr, std::set<std::string>& out) {
  if (expr.kind == ast::ExprKind::kColumn) out.insert(expr.parts.back().text);
  for (const ast::ExprPtr& argument : expr.arguments) {
    if (argument != nullptr) CollectNames(*argument, out);
  }
}

/// PostgreSQL's name for a constraint without one: t_a_b_key, t_a_check, t_check.
std::string MadeName(std::string table, const ast::Constraint& constraint) {
  // Of a temporary table the name that it was given.
  if (table.starts_with("pg_temp_")) table.erase(0, table.find('.') + 1);
  if (constraint.kind == ast::ConstraintKind::kPrimaryKey) return table + "_pkey";
  std::string name = table;
  std::vector<std::string> columns = constraint.columns;
  if (constraint.kind == ast::ConstraintKind::kCheck) {
    std::set<std::string> used;
    CollectNames(*constraint.check.expr, used);
    columns.clear();
    if (used.size() == 1) columns.push_back(*used.begin());
  }
  for (const std::string& column : columns) name += "_" + column;
  if (constraint.kind == ast::ConstraintKind::kUnique) return name + "_key";
  return name + (constraint.kind == ast::ConstraintKind::kCheck ? "_check" : "_fkey");
}

void AddKeyColumns(const std::string& table, const ast::Constraint& constraint, SchemaDraft& draft) {
  std::set<std::string> seen;
  for (const std::string& column : constraint.columns) {
    SchemaDraft::Property* property = draft.Find(column);
    if (property == nullptr) {
      throw Error(ErrorCode::kColumnNotFound, fmt::format("column \"{}\" named in key does not exist", column),
                  "name the table's columns")
          .WithPosition(constraint.position);
    }
    if (!seen.insert(column).second) {
      throw Error(ErrorCode::kColumnExists,
                  fmt::format("column \"{}\" appears twice in {} constraint", column,
                              constraint.kind == ast::ConstraintKind::kPrimaryKey ? "primary key" : "unique"),
                  "name each column once")
          .WithPosition(constraint.position);
    }
    if (constraint.kind == ast::ConstraintKind::kPrimaryKey) SetPropertyRequired(*property, true);
  }
  const bool second = std::ranges::any_of(
      draft.sql.constraints, [](const TableConstraint& c) { return c.kind == TableConstraint::Kind::kPrimaryKey; });
  if (constraint.kind == ast::ConstraintKind::kPrimaryKey && second) {
    throw Error(ErrorCode::kSchemaConflict,
                fmt::format("multiple primary keys for table \"{}\" are not allowed", table),
                "make the other one UNIQUE")
        .WithPosition(constraint.position);
  }
}

/// Whether a key of the table that is referred to has these columns, in any order.
bool HasKey(const std::vector<TableConstraint>& constraints, std::vector<std::string> columns) {
  std::ranges::sort(columns);
  return std::ranges::any_of(constraints, [&](const TableConstraint& constraint) {
    if (constraint.kind != TableConstraint::Kind::kPrimaryKey && constraint.kind != TableConstraint::Kind::kUnique)
      return false;
    std::vector<std::string> key = constraint.columns;
    std::ranges::sort(key);
    return key == columns;
  });
}

void AddReference(const std::string& table, const ast::Constraint& constraint, const CatalogSnapshot& catalog,
                  SchemaDraft& draft, TableConstraint& out) {
  out.table = constraint.table.name;
  // A temporary table that refers to itself.
  if (table.starts_with("pg_temp_") && table.substr(table.find('.') + 1) == out.table) out.table = table;
  out.on_delete = static_cast<TableConstraint::Action>(constraint.on_delete);
  out.on_update = static_cast<TableConstraint::Action>(constraint.on_update);
  SchemaDraft other = draft;
  if (out.table != table) {
    const TablePtr target = catalog.Find(out.table);
    if (target == nullptr) {
      throw Error(ErrorCode::kTableNotFound, fmt::format("relation \"{}\" does not exist", out.table),
                  "create the table that it refers to first")
          .WithPosition(constraint.table.position);
    }
    out.table = target->schema.name;
    other = SchemaDraft(*target);
  }
  out.references = constraint.references;
  for (const TableConstraint& key : other.sql.constraints) {
    if (out.references.empty() && key.kind == TableConstraint::Kind::kPrimaryKey) out.references = key.columns;
  }
  if (out.references.empty()) {
    throw Error(ErrorCode::kNotFound, fmt::format("there is no primary key for referenced table \"{}\"", out.table),
                "name the columns that it refers to")
        .WithPosition(constraint.position);
  }
  if (out.references.size() != out.columns.size()) {
    throw Error(ErrorCode::kInvalidForeignKey, "number of referencing and referenced columns for foreign key disagree",
                "name as many columns as there")
        .WithPosition(constraint.position);
  }
  for (const std::string& column : out.columns) {
    if (draft.Find(column) != nullptr) continue;
    throw Error(ErrorCode::kColumnNotFound,
                fmt::format("column \"{}\" referenced in foreign key constraint does not exist", column),
                "name the table's columns")
        .WithPosition(constraint.position);
  }
  for (const std::string& column : out.references) {
    if (other.Find(column) != nullptr) continue;
    throw Error(ErrorCode::kColumnNotFound,
                fmt::format("column \"{}\" referenced in foreign key constraint does not exist", column),
                "name the columns of a key")
        .WithPosition(constraint.position);
  }
  if (!HasKey(other.sql.constraints, out.references)) {
    throw Error(ErrorCode::kInvalidForeignKey,
                fmt::format("there is no unique constraint matching given keys for referenced table \"{}\"", out.table),
                "refer to the columns of a PRIMARY KEY or UNIQUE constraint")
        .WithPosition(constraint.position);
  }
}

}  // namespace

SchemaDraft::SchemaDraft()
    : rest_(Document::FromJson(R"({"type":"object","additionalProperties":false,"embedding_fields":[]})")) {
  sql.made_by_sql = true;
}

SchemaDraft::SchemaDraft(const Table& table) {
  const DocumentView schema = table.schema.json_schema;
  if (const auto definition = schema.Find(kSqlDefinitionKey)) sql = ReadSqlDefinition(*definition);
  vector_indexes = ReadVectorIndexes(schema);
  // Only what SQL added is taken out of a schema that was not made here.
  constexpr std::array<std::string_view, 2> kOnlySql = {kSqlDefinitionKey, kVectorIndexesKey};
  rest_ = sql.made_by_sql ? Without(schema, kTakenApart) : Without(schema, kOnlySql);
  const auto all = schema.Find("properties");
  const auto required = schema.Find("required");
  const auto add = [&](std::string_view name) {
    const auto property = all ? all->Find(name) : std::nullopt;
    if (!property || Find(name) != nullptr) return;
    bool needed = false;
    for (size_t i = 0; required && i < required->size(); ++i) needed |= required->At(i).AsText() == name;
    properties.push_back({std::string(name), Document::Copy(*property), needed});
  };
  for (const ColumnSchema& column : table.schema.columns) add(column.name);
  for (size_t i = 0; all && i < all->size(); ++i) add(all->KeyAt(i));
}

SchemaDraft::Property* SchemaDraft::Find(std::string_view name) {
  const auto found = std::ranges::find(properties, name, &Property::name);
  return found == properties.end() ? nullptr : &*found;
}

SchemaDraft::Property& SchemaDraft::Get(std::string_view name, std::string_view table, int position) {
  if (Property* property = Find(name)) return *property;
  std::vector<std::string> names;
  for (const Property& property : properties) names.push_back(property.name);
  throw Error(ErrorCode::kColumnNotFound, fmt::format("column \"{}\" of relation \"{}\" does not exist", name, table),
              DidYouMean(name, names, "name one of the table's columns"))
      .WithPosition(position);
}

void SchemaDraft::SetDescription(const std::string& text) {
  constexpr std::array<std::string_view, 1> kDescription = {"description"};
  DocumentBuilder out;
  BeginWith(Without(rest_, kDescription), out);
  if (!text.empty()) {
    out.Key("description");
    out.Text(text);
  }
  out.EndObject();
  rest_ = out.Finish();
}

void SchemaDraft::SetTemporary() {
  DocumentBuilder out;
  BeginWith(rest_, out);
  out.Key(kTemporaryKey);
  out.Bool(true);
  out.EndObject();
  rest_ = out.Finish();
}

Document SchemaDraft::Finish() const {
  DocumentBuilder out;
  BeginWith(rest_, out);
  if (!vector_indexes.empty()) {
    out.Key(kVectorIndexesKey);
    WriteVectorIndexes(vector_indexes, out);
  }
  if (!sql.made_by_sql) {
    if (!sql.empty()) {
      out.Key(kSqlDefinitionKey);
      WriteSqlDefinition(sql, out);
    }
    out.EndObject();
    return out.Finish();
  }
  out.Key("properties");
  out.BeginObject();
  for (const Property& property : properties) {
    out.Key(property.name);
    out.Copy(property.schema);
  }
  out.EndObject();
  out.Key("required");
  out.BeginArray();
  for (const Property& property : properties) {
    if (property.required) out.Text(property.name);
  }
  out.EndArray();
  out.Key("x-rem-property-order");
  out.BeginArray();
  for (const Property& property : properties) out.Text(property.name);
  out.EndArray();
  if (!sql.empty()) {
    out.Key(kSqlDefinitionKey);
    WriteSqlDefinition(sql, out);
  }
  out.EndObject();
  return out.Finish();
}

void SetPropertyType(SchemaDraft::Property& property, const ast::TypeName& name, int position) {
  const SqlType type = TypeOf(name, position);
  DocumentBuilder out;
  BeginWith(Without(property.schema, kTypeMembers), out);
  if (type.type == LogicalType::kVector) {
    AddVector(type, out);
  } else {
    AddType(type, !property.required, out);
    out.Key("sqlType");
    out.Text(Spelled(name));
  }
  out.EndObject();
  property.schema = out.Finish();
}

void SetPropertyRequired(SchemaDraft::Property& property, bool required) {
  property.required = required;
  const DocumentView schema = property.schema;
  const auto types = schema.Find("type");
  if (!types || types->kind() != NodeKind::kArray) return;
  constexpr std::string_view kType = "type";
  DocumentBuilder out;
  BeginWith(Without(schema, {&kType, 1}), out);
  out.Key("type");
  out.BeginArray();
  for (size_t i = 0; i < types->size(); ++i) {
    if (types->At(i).AsText() != "null") out.Text(types->At(i).AsText());
  }
  if (!required) out.Text("null");
  out.EndArray();
  out.EndObject();
  property.schema = out.Finish();
}

void SetPropertyDefault(SchemaDraft::Property& property, const ast::StoredExpr* value, int position) {
  constexpr std::array<std::string_view, 2> kDefaults = {"default", "sqlDefault"};
  const Document plain = Without(property.schema, kDefaults);
  DocumentBuilder out;
  BeginWith(plain, out);
  if (value != nullptr) {
    const auto declared = plain.view().Find("sqlType");
    ChangeTarget target;
    target.name = property.name;
    if (declared) {
      const SqlType type = *ParseSqlType(declared->AsText());
      target.type = type.type;
      target.modifier = type.modifier;
      target.padded = type.padded;
    } else {
      NotSupported("a DEFAULT of this column", "give the value with each record", position);
    }
    if (const auto constant = ConstantDefault(*value, target, position)) {
      if (!constant->IsNull()) {
        out.Key("default");
        out.Copy(StoredFromValue(*constant));
      }
    } else {
      out.Key("sqlDefault");
      out.Text(value->text);
    }
  }
  out.EndObject();
  property.schema = out.Finish();
}

void AddColumns(const std::string& table, std::span<const ast::ColumnDefinition> columns, SchemaDraft& draft) {
  for (const ast::ColumnDefinition& column : columns) AddColumn(table, column, draft);
}

bool RelationExists(const CatalogSnapshot& catalog, const SchemaDraft& draft, std::string_view name) {
  for (const TableConstraint& constraint : draft.sql.constraints) {
    if (constraint.name == name) return true;
  }
  for (const SqlIndex& index : draft.sql.indexes) {
    if (index.name == name) return true;
  }
  for (const VectorIndexDefinition& index : draft.vector_indexes) {
    if (index.name == name) return true;
  }
  for (const TablePtr& table : catalog.tables()) {
    if (table->name() == name) return true;
    for (const VectorIndexDefinition& index : ReadVectorIndexes(table->schema.json_schema)) {
      if (index.name == name) return true;
    }
    for (const IndexDefinition& index : table->indexes) {
      const bool relation = index.field.unique || !index.field.more.empty();
      if (relation && index.field.name == name) return true;
    }
  }
  return false;
}

std::string FreeRelationName(const CatalogSnapshot& catalog, const SchemaDraft& draft, const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; RelationExists(catalog, draft, name); ++i) name = wanted + std::to_string(i);
  return name;
}

void AddConstraints(const std::string& table, const std::vector<ast::Constraint>& constraints,
                    const CatalogSnapshot& catalog, SchemaDraft& draft) {
  for (const ast::Constraint& constraint : constraints) {
    TableConstraint out;
    out.kind = static_cast<TableConstraint::Kind>(constraint.kind);
    out.columns = constraint.columns;
    if (constraint.name.empty()) {
      out.name = FreeRelationName(catalog, draft, MadeName(table, constraint));
    } else {
      out.name = constraint.name;
      const bool index = out.kind == TableConstraint::Kind::kPrimaryKey || out.kind == TableConstraint::Kind::kUnique;
      const bool own = std::ranges::any_of(draft.sql.constraints, [&](const auto& c) { return c.name == out.name; });
      if (own || (index && RelationExists(catalog, draft, out.name))) {
        throw Error(own ? ErrorCode::kAlreadyExists : ErrorCode::kTableExists,
                    own ? fmt::format("constraint \"{}\" for relation \"{}\" already exists", out.name, table)
                        : fmt::format("relation \"{}\" already exists", out.name),
                    "give the constraint another name")
            .WithPosition(constraint.position);
      }
    }
    if (constraint.kind == ast::ConstraintKind::kCheck) {
      out.columns.clear();
      out.expression = constraint.check.text;
    } else if (constraint.kind == ast::ConstraintKind::kForeignKey) {
      AddReference(table, constraint, catalog, draft, out);
    } else {
      AddKeyColumns(table, constraint, draft);
    }
    draft.sql.constraints.push_back(std::move(out));
  }
}

}  // namespace rem::sql

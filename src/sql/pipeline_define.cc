#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/pipeline_change.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

struct TypeSchema {
  std::string_view name;  ///< PostgreSQL's inner name.
  std::string_view json_type;
  std::string_view format;
  LogicalType logical;
};

constexpr std::array<TypeSchema, 12> kTypes = {{
    {"bool", "boolean", "", LogicalType::kBool},
    {"int8", "integer", "", LogicalType::kInt},
    {"int4", "integer", "", LogicalType::kInt},
    {"int2", "integer", "", LogicalType::kInt},
    {"float8", "number", "", LogicalType::kDouble},
    {"text", "string", "", LogicalType::kText},
    {"varchar", "string", "", LogicalType::kText},
    {"timestamptz", "string", "date-time", LogicalType::kTimestamp},
    {"uuid", "string", "uuid", LogicalType::kUuid},
    {"jsonb", "", "", LogicalType::kJson},
    {"json", "", "", LogicalType::kJson},
    {"vector", "array", "", LogicalType::kVector},
}};

[[noreturn]] void NotSupported(const std::string& what, std::string_view hint, int position) {
  throw Error(ErrorCode::kNotSupported, "not supported yet: " + what, std::string(hint)).WithPosition(position);
}

const TypeSchema& TypeOf(const ast::ColumnDefinition& column) {
  const auto found = std::ranges::find(kTypes, column.type.name, &TypeSchema::name);
  if (found == kTypes.end() || column.type.dimensions > 0 ||
      (!column.type.modifiers.empty() && column.type.name != "vector")) {
    NotSupported(
        fmt::format("columns of type {}{}{}", column.type.name, column.type.modifiers.empty() ? "" : "(n)",
                    column.type.dimensions > 0 ? "[]" : ""),
        "boolean, smallint, integer, bigint, double precision, text, varchar, timestamptz, uuid, jsonb and vector(n) "
        "work",
        column.position);
  }
  return *found;
}

void AddType(const TypeSchema& type, bool nullable, DocumentBuilder& out) {
  if (type.json_type.empty()) {
    if (nullable) return;  // jsonb takes everything.
    out.Key("type");
    out.BeginArray();
    for (std::string_view any : {"object", "array", "string", "number", "boolean"}) out.Text(any);
    out.EndArray();
    return;
  }
  out.Key("type");
  if (nullable) {
    out.BeginArray();
    out.Text(type.json_type);
    out.Text("null");
    out.EndArray();
  } else {
    out.Text(type.json_type);
  }
  if (!type.format.empty()) {
    out.Key("format");
    out.Text(type.format);
  }
  if (type.name == "int4" || type.name == "int2") {
    const int64_t limit = type.name == "int4" ? int64_t{1} << 31 : int64_t{1} << 15;
    out.Key("sqlType");
    out.Text(type.name == "int4" ? "integer" : "smallint");
    out.Key("minimum");
    out.Int(-limit);
    out.Key("maximum");
    out.Int(limit - 1);
  }
}

void AddVector(const ast::ColumnDefinition& column, DocumentBuilder& out) {
  out.Key("items");
  out.BeginObject();
  out.Key("type");
  out.Text("number");
  out.EndObject();
  out.Key("vector");
  if (column.type.modifiers.empty()) {
    out.Bool(true);
  } else {
    out.BeginObject();
    out.Key("dimension");
    out.Int(column.type.modifiers[0]);
    out.EndObject();
  }
}

/// Constants only: an expression would have to be computed wherever a record is inserted.
void AddDefault(const ast::ColumnDefinition& column, const TypeSchema& type, DocumentBuilder& out) {
  const ast::Expr& expr = *column.default_value;
  Value value;
  ChangeTarget target;
  target.name = column.name.text;
  target.type = type.logical;
  switch (expr.kind) {
    case ast::ExprKind::kNull:
      return;
    case ast::ExprKind::kBool:
      value = Value(expr.number != 0);
      break;
    case ast::ExprKind::kString:
      value = Value(expr.text);
      break;
    case ast::ExprKind::kInteger:
    case ast::ExprKind::kDecimal:
      value =
          CastValue(Value(expr.text), expr.kind == ast::ExprKind::kInteger ? LogicalType::kInt : LogicalType::kDouble);
      break;
    default:
      NotSupported("DEFAULT with an expression", "use a constant", column.position);
  }
  value = AssignedValue(target, value, expr.kind == ast::ExprKind::kString, expr.position);
  out.Key("default");
  out.Copy(DocumentFromValue(value));
}

bool IsKey(const ast::CreateTable& create, const ast::ColumnDefinition& column) {
  return column.primary_key || (!create.primary_key.empty() && create.primary_key[0] == column.name.text);
}

void CheckColumns(const ast::CreateTable& create) {
  const int position = create.table.position;
  if (create.primary_key.size() > 1)
    NotSupported("a PRIMARY KEY of several columns", "make one text of them", position);
  size_t keys = 0;
  for (size_t i = 0; i < create.columns.size(); ++i) {
    const ast::ColumnDefinition& column = create.columns[i];
    const std::string& name = column.name.text;
    const TypeSchema& type = TypeOf(column);
    for (size_t j = 0; j < i; ++j) {
      if (create.columns[j].name.text != name) continue;
      throw Error(ErrorCode::kAlreadyExists, fmt::format("column \"{}\" specified more than once", name),
                  "give each column a name of its own")
          .WithPosition(column.position);
    }
    if (name == "created_at" || name == "modified_at" || name == "deleted_at")
      NotSupported(fmt::format("a column of your own named \"{}\"", name), "every table has this system column",
                   column.position);
    if (column.not_null && type.logical == LogicalType::kVector)
      NotSupported("NOT NULL vectors", "leave out NOT NULL", column.position);
    const bool key = IsKey(create, column);
    keys += key ? 1 : 0;
    if (name == "id" && type.logical != LogicalType::kUuid)
      NotSupported("a column \"id\" that is no uuid", "every table has a uuid id; name your key otherwise",
                   column.position);
    if (key && name != "id" && type.logical != LogicalType::kText && type.logical != LogicalType::kInt)
      NotSupported("a PRIMARY KEY of this type", "text, bigint, and a uuid column named id work", column.position);
  }
  if (keys > 1) {
    throw Error(ErrorCode::kInvalidSchema,
                fmt::format("multiple primary keys for table \"{}\" are not allowed", create.table.name),
                "name one column as the PRIMARY KEY")
        .WithPosition(position);
  }
  for (const std::string& name : create.primary_key) {
    if (std::ranges::any_of(create.columns, [&](const auto& column) { return column.name.text == name; })) continue;
    throw Error(ErrorCode::kColumnNotFound, fmt::format("column \"{}\" named in key does not exist", name),
                "name one of the table's columns")
        .WithPosition(position);
  }
}

void AddProperty(const ast::CreateTable& create, const ast::ColumnDefinition& column, DocumentBuilder& out) {
  const TypeSchema& type = TypeOf(column);
  const bool required = column.not_null || IsKey(create, column);
  out.Key(column.name.text);
  out.BeginObject();
  AddType(type, !required && type.logical != LogicalType::kVector, out);
  if (type.logical == LogicalType::kVector) AddVector(column, out);
  if (column.default_value != nullptr) AddDefault(column, type, out);
  // A text key may not be empty: the record's id is derived from it.
  if (IsKey(create, column) && type.logical == LogicalType::kText) {
    out.Key("minLength");
    out.Int(1);
  }
  out.EndObject();
}

}  // namespace

Document SchemaOf(const ast::CreateTable& create) {
  CheckColumns(create);
  DocumentBuilder out;
  out.BeginObject();
  out.Key("type");
  out.Text("object");
  out.Key("properties");
  out.BeginObject();
  for (const ast::ColumnDefinition& column : create.columns) {
    if (column.name.text != "id") AddProperty(create, column, out);
  }
  out.EndObject();
  out.Key("required");
  out.BeginArray();
  for (const ast::ColumnDefinition& column : create.columns) {
    const bool vector = TypeOf(column).logical == LogicalType::kVector;
    if (column.name.text != "id" && (column.not_null || IsKey(create, column)) && !vector) out.Text(column.name.text);
  }
  out.EndArray();
  out.Key("additionalProperties");
  out.Bool(false);
  out.Key("embedding_fields");
  out.BeginArray();
  out.EndArray();
  out.Key("x-rem-property-order");
  out.BeginArray();
  for (const ast::ColumnDefinition& column : create.columns) out.Text(column.name.text);
  out.EndArray();
  for (const ast::ColumnDefinition& column : create.columns) {
    if (!IsKey(create, column) || column.name.text == "id") continue;
    out.Key("key_field");
    out.Text(column.name.text);
  }
  out.EndObject();
  return out.Finish();
}

}  // namespace rem::sql

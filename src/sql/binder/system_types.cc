#include "sql/binder/system_types.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "types/cast.h"

namespace rem::sql {

namespace {

// Lengths and numbers as PostgreSQL's catalogue has them; `vector` is pgvector's, whose number differs by database.
constexpr SystemType kTypes[] = {{16, "bool", "boolean", 1000, 1, 'B'},
                                 {17, "bytea", "bytea", 1001, -1, 'U'},
                                 {20, "int8", "bigint", 1016, 8, 'N'},
                                 {21, "int2", "smallint", 1005, 2, 'N'},
                                 {23, "int4", "integer", 1007, 4, 'N'},
                                 {25, "text", "text", 1009, -1, 'S'},
                                 {26, "oid", "oid", 1028, 4, 'N'},
                                 {19, "name", "name", 1003, 64, 'S'},
                                 {114, "json", "json", 199, -1, 'U'},
                                 {700, "float4", "real", 1021, 4, 'N'},
                                 {701, "float8", "double precision", 1022, 8, 'N'},
                                 {1042, "bpchar", "character", 1014, -1, 'S'},
                                 {1043, "varchar", "character varying", 1015, -1, 'S'},
                                 {1082, "date", "date", 1182, 4, 'D'},
                                 {1083, "time", "time without time zone", 1183, 8, 'D'},
                                 {1114, "timestamp", "timestamp without time zone", 1115, 8, 'D'},
                                 {1184, "timestamptz", "timestamp with time zone", 1185, 8, 'D'},
                                 {1186, "interval", "interval", 1187, 16, 'T'},
                                 {1700, "numeric", "numeric", 1231, -1, 'N'},
                                 {2950, "uuid", "uuid", 2951, 16, 'U'},
                                 {3802, "jsonb", "jsonb", 3807, -1, 'U'},
                                 {16001, "vector", "vector", 16002, -1, 'U'}};

}  // namespace

const SystemType* FirstSystemType() { return std::begin(kTypes); }
const SystemType* EndSystemType() { return std::end(kTypes); }

const SystemType* FindSystemType(int64_t oid, bool& array) {
  for (const SystemType& type : kTypes) {
    array = type.array_oid == oid;
    if (array || type.oid == oid) return &type;
  }
  return nullptr;
}

const SystemType* FindSystemType(std::string_view name) {
  for (const SystemType& type : kTypes) {
    if (type.name == name || type.sql_name == name) return &type;
  }
  const auto known = ParseSqlType(name);
  if (!known || IsArray(known->type)) return nullptr;
  const std::string_view spelled = LogicalTypeName(known->type);
  return spelled == name ? nullptr : FindSystemType(spelled);
}

ColumnType ColumnTypeOf(const ColumnSchema& column) {
  ColumnType of;
  of.array = IsArray(column.type);
  std::string name(LogicalTypeName(column.type));
  if (of.array) name.resize(name.size() - 2);
  const bool text = name == "text";
  const bool limited = text && column.modifier != TypeModifier{};
  of.type = FindSystemType(limited ? (column.padded ? "bpchar" : "varchar") : std::string_view(name));
  if (of.type == nullptr) of.type = FindSystemType("text");
  if (limited) of.modifier = column.modifier.first + 4;
  if (name == "numeric" && column.modifier != TypeModifier{})
    of.modifier = (int64_t{column.modifier.first} << 16 | (column.modifier.second & 0x7FF)) + 4;
  return of;
}

std::string FormatSystemType(int64_t oid, int64_t modifier) {
  if (oid == 0) return "-";
  bool array = false;
  const SystemType* type = FindSystemType(oid, array);
  if (type == nullptr) return "???";
  std::string text(type->sql_name);
  if (modifier >= 4 && (type->name == "varchar" || type->name == "bpchar")) {
    text += fmt::format("({})", modifier - 4);
  } else if (modifier >= 4 && type->name == "numeric") {
    text += fmt::format("({},{})", (modifier - 4) >> 16, (modifier - 4) & 0x7FF);
  } else if (type->name == "bpchar" && modifier < 0) {
    text = "character";
  }
  return array ? text + "[]" : text;
}

}  // namespace rem::sql

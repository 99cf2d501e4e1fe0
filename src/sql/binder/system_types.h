#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/table_schema.h"

namespace rem::sql {

/// A type as the system relations describe it. Numbers are those of PostgreSQL, so that tools know them; a type that
/// PostgreSQL does not have has one above 16,000.
struct SystemType {
  int64_t oid = 0;
  std::string_view name;      ///< In pg_type: "int4".
  std::string_view sql_name;  ///< "integer"
  int64_t array_oid = 0;
  int length = -1;  ///< In bytes; -1 where it varies.
  char category = 'U';
};

/// By number, also of an array; nullptr for none. `array` says which of the two it was.
const SystemType* FindSystemType(int64_t oid, bool& array);
/// By either name, or by one that the parser knows ("int8", "bigint"); nullptr for none.
const SystemType* FindSystemType(std::string_view name);
const SystemType* FirstSystemType();
const SystemType* EndSystemType();

/// A column's type.
struct ColumnType {
  const SystemType* type = nullptr;
  bool array = false;
  int64_t modifier = -1;  ///< PostgreSQL's atttypmod.

  int64_t oid() const { return array ? type->array_oid : type->oid; }
};
ColumnType ColumnTypeOf(const ColumnSchema& column);
/// "numeric(10,2)", "character varying(5)[]"; "???" for a number that no type has, "-" for 0.
std::string FormatSystemType(int64_t oid, int64_t modifier);

}  // namespace rem::sql

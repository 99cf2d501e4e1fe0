#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>

namespace rem {

/// A rule of SQL over a table's rows.
struct TableConstraint {
  enum class Kind : uint8_t { kPrimaryKey, kUnique, kCheck, kForeignKey };
  /// What happens to referring rows when the row that they refer to goes or changes its key.
  enum class Action : uint8_t { kNoAction, kCascade, kSetNull, kSetDefault };

  std::string name;
  Kind kind = Kind::kCheck;
  std::vector<std::string> columns;     ///< Of keys.
  std::string expression;               ///< Of CHECK: SQL over the table's columns.
  std::string table;                    ///< FOREIGN KEY: the table that it refers to,
  std::vector<std::string> references;  ///< and its columns.
  Action on_delete = Action::kNoAction;
  Action on_update = Action::kNoAction;

  bool operator==(const TableConstraint&) const = default;
};

/// An index that CREATE INDEX made.
struct SqlIndex {
  std::string name;
  std::vector<std::string> columns;
  bool unique = false;

  bool operator==(const SqlIndex&) const = default;
};

/// The member "x-rem-sql" of a table's schema:
///   {"made": true, "constraints": [{"name": "t_pkey", "kind": "primary key", "columns": ["a"]},
///                                  {"name": "t_b_check", "kind": "check", "expression": "b > 0"}],
///    "indexes": [{"name": "t_c_idx", "columns": ["c"], "unique": false}]}
struct SqlDefinition {
  bool made_by_sql = false;  ///< By CREATE TABLE.
  std::vector<TableConstraint> constraints;
  std::vector<SqlIndex> indexes;

  bool empty() const { return !made_by_sql && constraints.empty() && indexes.empty(); }
};

inline constexpr std::string_view kSqlDefinitionKey = "x-rem-sql";

/// Error(kInvalidSchema) for what WriteSqlDefinition never wrote.
SqlDefinition ReadSqlDefinition(const DocumentView& json);
/// Adds the object; the caller has given the key.
void WriteSqlDefinition(const SqlDefinition& definition, DocumentBuilder& out);

}  // namespace rem

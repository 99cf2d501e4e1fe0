#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sql/parser/ast.h"

namespace rem::sql::ast {

/// column = value, or a column of an INSERT. `path` leads into the column where it has more than one part.
struct Assignment {
  std::vector<NamePart> path;
  ExprPtr value;  ///< nullptr: DEFAULT.
  int position = 0;
};

struct OnConflict {
  bool update = false;  ///< DO UPDATE, else DO NOTHING.
  std::vector<NamePart> columns;
  std::string constraint;
  std::vector<Assignment> set;
  ExprPtr where;
  int position = 0;
};

/// INSERT. Rows come from `rows`, `source`, or are one row of defaults.
struct Insert {
  std::vector<CommonTable> with;
  bool recursive = false;
  TableName table;
  std::vector<Assignment> columns;         ///< Without values. Empty: all columns in order.
  std::vector<std::vector<ExprPtr>> rows;  ///< VALUES; nullptr: DEFAULT.
  SelectPtr source;
  bool default_values = false;
  std::optional<OnConflict> conflict;
  std::vector<SelectItem> returning;
};

struct Update {
  std::vector<CommonTable> with;
  bool recursive = false;
  TableName table;
  std::vector<Assignment> set;
  std::vector<FromPtr> from;
  ExprPtr where;
  std::vector<SelectItem> returning;
};

struct Delete {
  std::vector<CommonTable> with;
  bool recursive = false;
  TableName table;
  std::vector<FromPtr> from;  ///< USING
  ExprPtr where;
  std::vector<SelectItem> returning;
};

struct Truncate {
  std::vector<TableName> tables;
};

enum class TransactionVerb : uint8_t { kBegin, kCommit, kRollback, kSavepoint, kRelease, kRollbackTo };

struct TransactionControl {
  TransactionVerb verb = TransactionVerb::kBegin;
  std::string savepoint;
};

struct ColumnDefinition {
  NamePart name;
  TypeName type;
  bool not_null = false;
  bool primary_key = false;
  ExprPtr default_value;
  int position = 0;
};

struct CreateTable {
  TableName table;
  bool if_not_exists = false;
  std::vector<ColumnDefinition> columns;
  std::vector<std::string> primary_key;  ///< Of a table constraint.
};

struct DropTables {
  std::vector<TableName> tables;
  bool if_exists = false;
};

/// A statement that is no query.
struct Change {
  std::variant<Insert, Update, Delete, Truncate, TransactionControl, CreateTable, DropTables> body;
};

}  // namespace rem::sql::ast

#pragma once

#include <cstdint>
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

/// WHEN [NOT] MATCHED [AND condition] THEN ...
struct MergeClause {
  enum class Action : uint8_t { kNothing, kUpdate, kDelete, kInsert };
  bool matched = false;
  ExprPtr condition;  ///< nullptr: always
  Action action = Action::kNothing;
  std::vector<Assignment> set;      ///< Of UPDATE.
  std::vector<Assignment> columns;  ///< Of INSERT, without values. Empty: all columns in order.
  std::vector<ExprPtr> values;      ///< nullptr: DEFAULT.
};

struct Merge {
  std::vector<CommonTable> with;
  bool recursive = false;
  TableName table;
  FromPtr source;
  ExprPtr on;
  std::vector<MergeClause> clauses;
};

/// A SELECT with changes in its WITH.
struct ModifyingSelect {
  SelectPtr query;
};

struct Truncate {
  std::vector<TableName> tables;
  bool restart_identity = false;
  bool cascade = false;
};

enum class TransactionVerb : uint8_t { kBegin, kCommit, kRollback, kSavepoint, kRelease, kRollbackTo };

struct TransactionControl {
  TransactionVerb verb = TransactionVerb::kBegin;
  std::string savepoint;
};

/// An expression that is kept: with its text, in the form that is stored.
struct StoredExpr {
  ExprPtr expr;
  std::string text;
};

enum class ReferenceAction : uint8_t { kNoAction, kCascade, kSetNull, kSetDefault };
enum class ConstraintKind : uint8_t { kPrimaryKey, kUnique, kCheck, kForeignKey };

/// A constraint of a table; those of a column name it in `columns`.
struct Constraint {
  ConstraintKind kind = ConstraintKind::kCheck;
  std::string name;  ///< Empty: made from the table's and columns' names.
  std::vector<std::string> columns;
  StoredExpr check;
  TableName table;  ///< REFERENCES
  std::vector<std::string> references;
  ReferenceAction on_delete = ReferenceAction::kNoAction;
  ReferenceAction on_update = ReferenceAction::kNoAction;
  int position = 0;
};

struct ColumnDefinition {
  NamePart name;
  TypeName type;
  bool not_null = false;
  std::optional<StoredExpr> default_value;
  bool sequence = false;  ///< serial, or GENERATED ... AS IDENTITY
  bool always = false;    ///< GENERATED ALWAYS
  int position = 0;
};

/// How long a table lasts.
struct Lifetime {
  bool temporary = false;       ///< Until the connection ends.
  bool drop_on_commit = false;  ///< Until the transaction ends.
};

/// LIKE table INCLUDING ...
struct LikeTable {
  TableName table;
  size_t at = 0;  ///< Columns that stand before it.
  bool comments = false;
  bool constraints = false;
  bool defaults = false;
  bool identity = false;
  bool indexes = false;
};

struct CreateTable {
  TableName table;
  Lifetime lifetime;
  bool if_not_exists = false;
  std::vector<ColumnDefinition> columns;
  std::vector<LikeTable> likes;
  std::vector<Constraint> constraints;
};

struct CreateView {
  TableName view;
  std::vector<std::string> columns;  ///< Names; fewer than the query has leave the others.
  SelectPtr query;
  std::string text;  ///< Of the query.
  bool replace = false;
  bool temporary = false;
};

struct CreateSequence {
  TableName name;
  bool temporary = false;
  bool if_not_exists = false;
  std::string type;  ///< Empty: bigint.
  std::optional<int64_t> increment, least, greatest, start;
  bool cycle = false;
};

/// ALTER SEQUENCE ... RESTART [WITH value].
struct RestartSequence {
  TableName name;
  bool if_exists = false;
  std::optional<int64_t> value;
};

struct DropTables {
  std::vector<TableName> tables;
  bool views = false;      ///< DROP VIEW
  bool sequences = false;  ///< DROP SEQUENCE
  bool if_exists = false;
  bool cascade = false;
};

enum class AlterKind : uint8_t {
  kAddColumn,
  kDropColumn,
  kRenameColumn,
  kRenameTable,
  kRenameConstraint,
  kSetDefault,
  kDropDefault,
  kSetNotNull,
  kDropNotNull,
  kSetType,
  kAddConstraint,
  kDropConstraint,
};

struct AlterAction {
  AlterKind kind = AlterKind::kAddColumn;
  std::string name;      ///< The column or constraint.
  std::string new_name;  ///< Of a renaming.
  ColumnDefinition column;
  std::vector<Constraint> constraints;  ///< Added, also with a column.
  std::optional<StoredExpr> default_value;
  TypeName type;
  bool if_exists = false;  ///< IF EXISTS or IF NOT EXISTS of this action.
  bool cascade = false;
  int position = 0;
};

struct AlterTable {
  TableName table;
  bool if_exists = false;
  std::vector<AlterAction> actions;
};

struct CreateIndex {
  std::string name;  ///< Empty: made from the table's and columns' names.
  TableName table;
  std::vector<std::string> columns;
  bool unique = false;
  bool if_not_exists = false;
  bool vectors = false;                                      ///< USING hnsw.
  std::vector<std::string> operator_classes;                 ///< Of `columns`; empty for the usual one.
  std::vector<std::pair<std::string, std::string>> options;  ///< WITH (...), of vector indexes.
  int position = 0;
};

struct DropIndexes {
  std::vector<std::string> names;
  bool if_exists = false;
};

/// CREATE TABLE ... AS, SELECT ... INTO.
struct CreateTableAs {
  TableName table;
  Lifetime lifetime;
  std::vector<std::string> columns;
  SelectPtr query;
  bool if_not_exists = false;
  bool with_data = true;
};

/// COMMENT ON TABLE or COLUMN.
struct Comment {
  TableName table;
  std::string column;  ///< Empty: the table.
  std::string text;
};

/// PREPARE: the statement after AS is kept as text.
struct Prepare {
  std::string name;
  std::vector<TypeName> types;
  std::string text;
};

struct Execute {
  std::string name;
  std::vector<ExprPtr> arguments;
};

struct Deallocate {
  std::string name;  ///< Empty: all.
};

struct DeclareCursor {
  std::string name;
  SelectPtr query;
  bool hold = false;
  bool no_scroll = false;
  int position = 0;
};

enum class FetchDirection : uint8_t { kForward, kBackward, kAbsolute, kRelative };

/// FETCH, or MOVE.
struct FetchCursor {
  std::string name;
  FetchDirection direction = FetchDirection::kForward;
  int64_t count = 1;  ///< INT64_MAX: ALL.
  bool move = false;
};

struct CloseCursor {
  std::string name;  ///< Empty: all.
};

enum class SettingVerb : uint8_t { kSet, kReset, kResetAll, kShow, kDiscard };

struct Setting {
  SettingVerb verb = SettingVerb::kSet;
  std::string name;
  std::string value;
  bool local = false;
};

/// VACUUM and ANALYZE; of all tables where none is named.
struct Maintenance {
  struct Target {
    TableName table;
    std::vector<std::string> columns;  ///< They have to be there; the others are sampled as well.
  };
  bool vacuum = false;
  bool analyze = false;
  std::vector<Target> targets;
};

/// A statement that is no query.
struct Change {
  std::variant<Insert, Update, Delete, Merge, ModifyingSelect, Truncate, TransactionControl, CreateTable, CreateView,
               CreateSequence, RestartSequence, DropTables, CreateTableAs, AlterTable, CreateIndex, DropIndexes,
               Comment, Prepare, Execute, Deallocate, DeclareCursor, FetchCursor, CloseCursor, Setting, Maintenance>
      body;
};

}  // namespace rem::sql::ast

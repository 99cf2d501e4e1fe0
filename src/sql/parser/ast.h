#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rem::sql::ast {

enum class ExprKind : uint8_t {
  kNull,
  kBool,       ///< `number` is 0 or 1
  kInteger,    ///< digits in `text`
  kDecimal,    ///< digits in `text`
  kString,     ///< `text`
  kParameter,  ///< `number`, from 1
  kColumn,     ///< `parts`
  kStar,       ///< `parts` before the *
  kSubscript,  ///< arguments[0][arguments[1]]
  kSlice,      ///< arguments[0][arguments[1]:arguments[2]]; a bound that is not there is nullptr.
  kOperator,   ///< `text` is its sign; one or two arguments
  kAnd,
  kOr,
  kNot,
  kIsTest,    ///< `text` is "is null", "is not true", "is distinct from", ...
  kIn,        ///< arguments[0] in the others; `negated`
  kBetween,   ///< value, low, high; `negated`, `symmetric`
  kCase,      ///< when, then, when, then, ..., else (a NULL where none was written)
  kCaseOf,    ///< operand, when, then, ..., else
  kCast,      ///< to `type`
  kFunction,  ///< `parts` is the name; `call` where more than arguments was written.
  kCoalesce,
  kNullIf,
  kGreatest,
  kLeast,
  kRow,         ///< ROW(...) or (a, b)
  kArray,       ///< ARRAY[...]
  kQuantified,  ///< arguments[0] `text` ANY (or `all`) of the elements of arguments[1]
  kSubquery,    ///< `subquery`
  kGrouping,    ///< GROUPING(arguments)
  kField,       ///< (arguments[0]).`text`, or (arguments[0]).* where `star`
};

struct NamePart {
  std::string text;      ///< Folded to lower case unless quoted.
  std::string original;  ///< As it was written.
  bool quoted = false;
};

/// A type as it was written: varchar(10)[] is "varchar" with modifiers {10} and one dimension.
struct TypeName {
  std::string name;  ///< PostgreSQL's inner name: int4, bpchar, ...
  std::vector<int64_t> modifiers;
  size_t dimensions = 0;
  int position = 0;
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;
struct Select;
using SelectPtr = std::unique_ptr<Select>;
struct Call;

enum class SubqueryKind : uint8_t { kScalar, kExists, kAny, kAll, kArray };

/// One node of an expression. Trees are at most kMaxExpressionDepth deep, so that recursion over them is safe.
struct Expr {
  ExprKind kind = ExprKind::kNull;
  int position = 0;  ///< 1-based, in characters of the statement.
  std::string text;
  int64_t number = 0;
  bool negated = false;
  bool symmetric = false;
  bool star = false;  ///< count(*)
  bool all = false;   ///< kQuantified: ALL, else ANY.
  std::vector<NamePart> parts;
  std::vector<ExprPtr> arguments;
  std::unique_ptr<TypeName> type;
  std::unique_ptr<Call> call;
  /// kSubquery: with kAny and kAll arguments[0] `text` ANY (subquery); IN is = ANY, NOT IN is `negated`.
  SubqueryKind subquery_kind = SubqueryKind::kScalar;
  SelectPtr subquery;
};

struct SelectItem {
  ExprPtr expr;
  std::optional<std::string> alias;
};

enum class NullOrder : uint8_t { kDefault, kFirst, kLast };

struct SortItem {
  ExprPtr expr;
  bool descending = false;
  NullOrder nulls = NullOrder::kDefault;
};

enum class FrameMode : uint8_t { kRange, kRows, kGroups };
enum class FrameBoundKind : uint8_t { kUnboundedPreceding, kPreceding, kCurrentRow, kFollowing, kUnboundedFollowing };
enum class FrameExclusion : uint8_t { kNone, kCurrentRow, kGroup, kTies };

struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::kUnboundedPreceding;
  ExprPtr offset;  ///< Of kPreceding and kFollowing.
};

/// OVER (...), or a window of the WINDOW clause.
struct Window {
  std::string name;  ///< In the WINDOW clause; OVER name has nothing else.
  std::string base;  ///< The window that this one extends: OVER (base ORDER BY ...).
  std::vector<ExprPtr> partition_by;
  std::vector<SortItem> order_by;
  bool framed = false;  ///< A frame was written.
  FrameMode mode = FrameMode::kRange;
  FrameBound start;
  FrameBound end{FrameBoundKind::kCurrentRow, nullptr};
  FrameExclusion exclusion = FrameExclusion::kNone;
  int position = 0;
};

/// What a function call may say beside its arguments.
struct Call {
  bool distinct = false;
  bool variadic = false;
  bool within_group = false;  ///< `order_by` stood in WITHIN GROUP.
  std::vector<SortItem> order_by;
  ExprPtr filter;
  std::unique_ptr<Window> over;
};

/// GROUP BY with GROUPING SETS, ROLLUP or CUBE, written out.
struct GroupingSets {
  std::vector<ExprPtr> exprs;
  std::vector<std::vector<size_t>> sets;  ///< What each groups by, as places in `exprs`.
  bool distinct = false;                  ///< GROUP BY DISTINCT: equal sets count once.
};

struct TableName {
  std::string name;
  std::string alias;
  int position = 0;
  /// Set for a view that is changed: its query, and the names of what the query gives.
  std::string view;
  std::vector<std::string> columns;
};

enum class FromKind : uint8_t { kTable, kSubquery, kFunction, kJoin };
enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull };

struct FromItem;
using FromPtr = std::unique_ptr<FromItem>;

/// A table, CTE, subquery, function or join after FROM.
struct FromItem {
  FromKind kind = FromKind::kTable;
  int position = 0;
  TableName table;  ///< kTable: also the name of a CTE.
  SelectPtr subquery;
  std::vector<ExprPtr> functions;     ///< kFunction: calls; several for ROWS FROM.
  std::string alias;                  ///< Empty when there is none; of a join too.
  std::vector<std::string> columns;   ///< AS t (a, b)
  std::vector<TypeName> definitions;  ///< Types of the columns: AS t (a integer, b text).
  bool lateral = false;
  bool ordinality = false;
  JoinKind join = JoinKind::kInner;
  bool natural = false;
  std::vector<NamePart> join_using;
  ExprPtr on;
  FromPtr left, right;
};

struct Change;  // ast_modify.h

struct CommonTable {
  std::string name;
  std::vector<std::string> columns;
  SelectPtr query;  ///< nullptr for a change, until it has run; then also where it returns nothing.
  std::shared_ptr<Change> change;
  enum class Materialised : uint8_t { kDefault, kYes, kNo } materialised = Materialised::kDefault;
  int position = 0;
};

enum class SetKind : uint8_t { kNone, kUnion, kIntersect, kExcept };

/// FOR UPDATE, FOR NO KEY UPDATE, FOR SHARE or FOR KEY SHARE.
struct Locking {
  const char* strength = "";
  std::vector<std::string> of;  ///< Names of tables in FROM; empty: all.
  int position = 0;
};

/// SELECT, VALUES, or two of them under a set operation. ORDER BY, LIMIT and WITH belong to the whole.
struct Select {
  std::vector<CommonTable> with;
  bool recursive = false;

  std::vector<SelectItem> items;
  std::vector<FromPtr> from;  ///< Comma-separated: cross joined.
  ExprPtr where;
  std::vector<ExprPtr> group_by;
  bool group_all = false;                       ///< GROUP BY (): all rows are one group.
  std::unique_ptr<GroupingSets> grouping_sets;  ///< In the place of group_by.
  std::vector<Window> windows;                  ///< WINDOW name AS (...)
  ExprPtr having;
  bool distinct = false;
  std::vector<ExprPtr> distinct_on;

  std::vector<std::vector<ExprPtr>> values;  ///< VALUES lists; then items and from are empty.

  SetKind set = SetKind::kNone;
  bool set_all = false;
  SelectPtr left, right;

  std::vector<SortItem> order_by;
  ExprPtr limit;
  ExprPtr offset;
  bool with_ties = false;      ///< FETCH FIRST ... WITH TIES
  std::vector<Locking> locks;  ///< Of the outermost SELECT of a statement only.
  /// Set where the items are the values of a change: the clause's name. Aggregates, windows and functions that give
  /// rows are no values.
  const char* values_of = nullptr;
  int position = 0;
};

enum class ExplainFormat : uint8_t { kText, kJson };

struct Explain {
  bool analyze = false;
  ExplainFormat format = ExplainFormat::kText;
};

/// One statement. Each kind of statement is a member of `body`.
struct Statement {
  std::optional<Explain> explain;
  std::variant<SelectPtr, std::shared_ptr<Change>> body;
  int parameter_count = 0;
};

}  // namespace rem::sql::ast

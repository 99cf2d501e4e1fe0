#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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
  kOperator,   ///< `text` is its sign; one or two arguments
  kAnd,
  kOr,
  kNot,
  kIsTest,    ///< `text` is "is null", "is not true", "is distinct from", ...
  kIn,        ///< arguments[0] in the others; `negated`
  kBetween,   ///< value, low, high; `negated`, `symmetric`
  kCase,      ///< when, then, when, then, ..., else (a NULL where none was written)
  kCaseOf,    ///< operand, when, then, ..., else
  kCast,      ///< `text` is the type's name
  kFunction,  ///< `parts` is the name
  kCoalesce,
  kNullIf,
};

struct NamePart {
  std::string text;      ///< Folded to lower case unless quoted.
  std::string original;  ///< As it was written.
  bool quoted = false;
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// One node of an expression. Trees are at most kMaxExpressionDepth deep, so that recursion over them is safe.
struct Expr {
  ExprKind kind = ExprKind::kNull;
  int position = 0;  ///< 1-based, in characters of the statement.
  std::string text;
  int64_t number = 0;
  bool negated = false;
  bool symmetric = false;
  bool star = false;  ///< count(*)
  std::vector<NamePart> parts;
  std::vector<ExprPtr> arguments;
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

struct TableName {
  std::string name;
  std::string alias;
  int position = 0;
};

struct Select {
  std::vector<SelectItem> items;
  std::optional<TableName> from;
  ExprPtr where;
  std::vector<SortItem> order_by;
  ExprPtr limit;
  ExprPtr offset;
};

struct Statement {
  bool explain = false;
  Select select;
  int parameter_count = 0;
};

}  // namespace rem::sql::ast

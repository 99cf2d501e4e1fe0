#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <rem/value.h>

namespace rem::sql {

struct Function;
struct TableFunction;

/// Names a column of a query: a field of a table or a computed value. Operators pass columns by id, so that rules need
/// not renumber them.
using ColumnId = uint32_t;

enum class ExprKind : uint8_t {
  kConstant,   ///< value
  kParameter,  ///< parameter
  kColumn,     ///< column
  kCall,       ///< function(arguments)
  kAnd,
  kOr,
  kCase,      ///< when, then, ..., else
  kCoalesce,  ///< first argument that is not NULL
  kIn,        ///< arguments[0] = any of the others, which are constants and parameters of its type
  kSubquery,  ///< subquery
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

/// A bound expression: names and types are known. Immutable and shared between plans.
struct Expr {
  ExprKind kind = ExprKind::kConstant;
  LogicalType type = LogicalType::kText;
  /// A JSON value reached by a path: compares by value with texts, numbers and booleans, and becomes the type that its
  /// place needs.
  bool dynamic = false;
  /// A literal or parameter whose type is not settled yet: it takes the type that its place needs. `type` is kText.
  bool unknown = false;
  int position = 0;
  Value value;
  uint32_t parameter = 0;  ///< From 0.
  ColumnId column = 0;
  uint32_t subquery = 0;  ///< In LogicalPlan::subqueries, PhysicalPlan::subqueries.
  const Function* function = nullptr;
  std::vector<ExprPtr> arguments;
};

ExprPtr MakeConstant(Value value, LogicalType type, int position = 0);
ExprPtr MakeColumn(ColumnId column, LogicalType type, bool dynamic, int position = 0);
ExprPtr MakeCall(const Function* function, std::vector<ExprPtr> arguments, int position = 0);
/// kAnd, kOr, kCase, kCoalesce or kIn.
ExprPtr MakeForm(ExprKind kind, LogicalType type, std::vector<ExprPtr> arguments, int position = 0);

/// Whether the value is the same for all rows of one execution: made of constants, parameters and calls of them.
bool IsFixed(const Expr& expr);
/// As IsFixed, and known while planning: no parameters and nothing that depends on when it runs.
bool IsFoldable(const Expr& expr);
bool IsConstant(const Expr& expr, bool value);
/// Same expression, so that one may stand for the other.
bool SameExpr(const Expr& a, const Expr& b);
void CollectColumns(const Expr& expr, std::vector<ColumnId>& out);

}  // namespace rem::sql

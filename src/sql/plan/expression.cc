#include "sql/plan/expression.h"

#include <algorithm>

#include "sql/plan/function.h"

namespace rem::sql {

ExprPtr MakeConstant(Value value, LogicalType type, int position) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kConstant;
  expr->type = type;
  expr->value = std::move(value);
  expr->position = position;
  return expr;
}

ExprPtr MakeColumn(ColumnId column, LogicalType type, bool dynamic, int position) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kColumn;
  expr->type = type;
  expr->dynamic = dynamic;
  expr->column = column;
  expr->position = position;
  return expr;
}

ExprPtr MakeCall(const Function* function, std::vector<ExprPtr> arguments, int position) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kCall;
  expr->type = function->result;
  expr->function = function;
  expr->arguments = std::move(arguments);
  expr->position = position;
  return expr;
}

ExprPtr MakeForm(ExprKind kind, LogicalType type, std::vector<ExprPtr> arguments, int position) {
  auto expr = std::make_shared<Expr>();
  expr->kind = kind;
  expr->type = type;
  expr->arguments = std::move(arguments);
  expr->position = position;
  return expr;
}

bool IsFixed(const Expr& expr) {
  if (expr.kind == ExprKind::kColumn || expr.kind == ExprKind::kSubquery) return false;
  if (expr.kind == ExprKind::kCall && expr.function->volatility == Volatility::kVolatile) return false;
  return std::ranges::all_of(expr.arguments, [](const ExprPtr& argument) { return IsFixed(*argument); });
}

bool IsFoldable(const Expr& expr) {
  if (expr.kind == ExprKind::kColumn || expr.kind == ExprKind::kParameter || expr.kind == ExprKind::kSubquery)
    return false;
  if (expr.kind == ExprKind::kCall && expr.function->volatility != Volatility::kImmutable) return false;
  return std::ranges::all_of(expr.arguments, [](const ExprPtr& argument) { return IsFoldable(*argument); });
}

bool IsConstant(const Expr& expr, bool value) {
  return expr.kind == ExprKind::kConstant && expr.value.type() == LogicalType::kBool && expr.value.AsBool() == value;
}

bool SameExpr(const Expr& a, const Expr& b) {
  if (a.kind != b.kind || a.type != b.type || a.arguments.size() != b.arguments.size()) return false;
  switch (a.kind) {
    case ExprKind::kConstant:
      return a.value == b.value;
    case ExprKind::kParameter:
      return a.parameter == b.parameter;
    case ExprKind::kColumn:
      return a.column == b.column;
    case ExprKind::kSubquery:
      return a.subquery == b.subquery;
    case ExprKind::kCall:
      if (a.function != b.function) return false;
      break;
    default:
      break;
  }
  for (size_t i = 0; i < a.arguments.size(); ++i) {
    if (!SameExpr(*a.arguments[i], *b.arguments[i])) return false;
  }
  return true;
}

void CollectColumns(const Expr& expr, std::vector<ColumnId>& out) {
  if (expr.kind == ExprKind::kColumn && std::ranges::find(out, expr.column) == out.end()) out.push_back(expr.column);
  for (const ExprPtr& argument : expr.arguments) CollectColumns(*argument, out);
}

}  // namespace rem::sql

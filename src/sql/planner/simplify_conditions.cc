#include "sql/planner/simplify_conditions.h"

#include "sql/plan/function.h"

namespace rem::sql {

namespace {

// The comparison that holds exactly where this one does not, over plain types; values reached by a path may be of kinds
// that do not compare.
const Function* Negation(const Function& function) {
  static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"=", "<>"}, {"<", ">="}, {">", "<="}, {"~~", "!~~"}, {"~~*", "!~~*"}, {"is null", "is not null"}};
  if (function.arguments[0] == LogicalType::kJson && function.arguments.size() == 2) return nullptr;
  for (const auto& [a, b] : kPairs) {
    if (function.name == a) return FindOverload(b, function.arguments);
    if (function.name == b) return FindOverload(a, function.arguments);
  }
  return nullptr;
}

void Split(const ExprPtr& expr, std::vector<ExprPtr>& out) {
  if (expr->kind == ExprKind::kAnd) {
    for (const ExprPtr& argument : expr->arguments) Split(argument, out);
    return;
  }
  if (expr->kind == ExprKind::kCall && expr->function->name == "is true") return Split(expr->arguments[0], out);
  if (expr->kind == ExprKind::kCall && expr->function->name == "not") {
    const Expr& inner = *expr->arguments[0];
    if (inner.kind == ExprKind::kCall && inner.function->name == "not") return Split(inner.arguments[0], out);
    if (inner.kind == ExprKind::kCall) {
      if (const Function* negation = Negation(*inner.function))
        return Split(MakeCall(negation, inner.arguments, inner.position), out);
    }
  }
  if (!IsConstant(*expr, true)) out.push_back(expr);
}

}  // namespace

void SimplifyConditions(std::vector<ExprPtr>& conjuncts) {
  std::vector<ExprPtr> split;
  for (const ExprPtr& conjunct : conjuncts) Split(conjunct, split);
  for (const ExprPtr& conjunct : split) {
    if (IsConstant(*conjunct, false) || (conjunct->kind == ExprKind::kConstant && conjunct->value.IsNull())) {
      split = {MakeConstant(Value(false), LogicalType::kBool)};
      break;
    }
  }
  conjuncts = std::move(split);
}

}  // namespace rem::sql

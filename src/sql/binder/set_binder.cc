#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/table_call_binder.h"
#include "sql/plan/function.h"

namespace rem::sql {

// Functions that give rows in expressions: a part of ExpressionBinder.

namespace {

bool IsVolatile(const Expr& expr) {
  if (expr.kind == ExprKind::kSubquery) return true;
  if (expr.kind == ExprKind::kCall && expr.function->volatility == Volatility::kVolatile) return true;
  return std::ranges::any_of(expr.arguments, [](const ExprPtr& argument) { return IsVolatile(*argument); });
}

// Two such calls run side by side and give the same.
bool IsSame(const LogicalTableFunction& a, const LogicalTableFunction& b) {
  return a.function == b.function && std::ranges::equal(a.arguments, b.arguments, [](const auto& x, const auto& y) {
           return SameExpr(*x, *y) && !IsVolatile(*x);
         });
}

constexpr std::string_view kHint = "move the set-returning function into a LATERAL FROM item";

}  // namespace

void ExpressionBinder::CheckNoSets(size_t before, std::string_view where, int position) const {
  if (sets_seen_ == before) return;
  throw Error(ErrorCode::kNotSupported, fmt::format("set-returning functions are not allowed in {}", where),
              std::string(kHint))
      .WithPosition(position);
}

BoundRow ExpressionBinder::BindSetCall(const ast::Expr& expr) {
  if (inside_aggregate_) {
    throw Error(ErrorCode::kNotSupported, "aggregate function calls cannot contain set-returning function calls",
                std::string(kHint))
        .WithPosition(expr.position);
  }
  if (expr.call != nullptr || expr.star)
    throw Error(ErrorCode::kSyntax, fmt::format("{} is not an aggregate function", expr.parts[0].text),
                "DISTINCT, ORDER BY, FILTER and * belong to aggregates")
        .WithPosition(expr.position);
  ++sets_seen_;
  if (!sets_forbidden_in_.empty()) CheckNoSets(0, sets_forbidden_in_, expr.position);
  std::vector<ExprPtr> arguments;
  for (const auto& argument : expr.arguments) arguments.push_back(Bind(*argument));
  BoundTableCall bound = BindTableCall(plan_, expr.parts[0].text, std::move(arguments), expr.position);
  SetCall set{std::move(bound.call), 1};
  std::vector<ColumnId> read;
  for (const ExprPtr& argument : set.call.arguments) CollectColumns(*argument, read);
  for (const SetCall& other : sets_) {
    const bool below =
        std::ranges::any_of(other.call.outputs, [&](ColumnId id) { return std::ranges::count(read, id) > 0; });
    if (below) set.level = std::max(set.level, other.level + 1);
  }
  const auto same = std::ranges::find_if(sets_, [&](const SetCall& one) { return IsSame(one.call, set.call); });
  const std::vector<ColumnId> outputs = same == sets_.end() ? set.call.outputs : same->call.outputs;
  if (same == sets_.end()) sets_.push_back(std::move(set));
  BoundRow row;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const PlanColumn& column = plan_.columns[outputs[i]];
    row.names.push_back(bound.columns[i].name);
    row.values.push_back(MakeColumn(outputs[i], column.type, column.dynamic, expr.position));
  }
  return row;
}

}  // namespace rem::sql

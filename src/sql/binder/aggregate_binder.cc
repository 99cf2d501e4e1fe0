#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/hypothetical_set.h"
#include "sql/plan/aggregate_function.h"
#include "sql/plan/function.h"

namespace rem::sql {

// Calls of aggregates: a part of ExpressionBinder.

namespace {

using enum LogicalType;

/// One bit each in an integer.
constexpr size_t kMaxGroupingArguments = 31;

[[noreturn]] void ThrowNoAggregate(std::string_view name, const std::vector<ExprPtr>& arguments, int position) {
  std::string types;
  for (const ExprPtr& argument : arguments) types += (types.empty() ? "" : ", ") + std::string(TypeNameOf(*argument));
  throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {}({}) does not exist", name, types),
              name == "count" ? "write count(*) or count(column)"
                              : "cast the argument, for example to double precision or text")
      .WithPosition(position);
}

// The order of distinct values can follow only from the values.
void CheckDistinctOrder(const AggregateCall& call, const std::vector<ExprPtr>& written) {
  if (!call.distinct) return;
  for (const AggregateSortKey& key : call.order) {
    const auto same = [&](const ExprPtr& argument) { return SameExpr(*argument, *key.expr); };
    if (std::ranges::none_of(call.arguments, same) || std::ranges::none_of(written, same))
      throw Error(ErrorCode::kSyntax,
                  "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
                  "order by an argument")
          .WithSqlState("42P10")
          .WithPosition(key.expr->position);
  }
}

void CheckWithinGroup(const ast::Expr& expr, const AggregateFunction& function) {
  const std::string& name = expr.parts[0].text;
  const bool written = expr.call != nullptr && expr.call->within_group;
  if (written != function.within_group) {
    throw Error(ErrorCode::kFunctionNotFound,
                written ? fmt::format("{} is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name)
                        : fmt::format("WITHIN GROUP is required for ordered-set aggregate {}", name),
                written ? "write ORDER BY inside the parentheses"
                        : fmt::format("write {}(...) WITHIN GROUP (ORDER BY column)", name))
        .WithPosition(expr.position);
  }
  if (written && (expr.call->distinct || expr.call->order_by.size() != 1)) {
    throw Error(ErrorCode::kNotSupported, "not supported: DISTINCT or several columns in WITHIN GROUP",
                "order by one expression")
        .WithPosition(expr.position);
  }
}

bool MakesJson(std::string_view name) { return name.starts_with("jsonb_") || name.starts_with("json_"); }

// Values become JSON, and names of members texts.
void ConvertToJson(std::vector<ExprPtr>& arguments, int position) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    ExprPtr& argument = arguments[i];
    if (i + 1 == arguments.size()) {
      if (argument->type != kJson) argument = ResolveFunction("to_jsonb", {argument}, position);
    } else {
      argument = ResolveCast(argument, "text", position);
    }
  }
}

bool HoldsSubquery(const ExprPtr& expr) {
  return expr != nullptr && (expr->kind == ExprKind::kSubquery || std::ranges::any_of(expr->arguments, HoldsSubquery));
}

// Settles the function, its arguments and the type of its result.
LogicalType ChooseAggregate(AggregateCall& call, std::string_view name, std::span<const AggregateFunction> functions) {
  const bool json = !call.arguments.empty() && call.arguments[0]->type == kJson && !call.arguments[0]->dynamic;
  if (json && (name == "min" || name == "max")) ThrowNoAggregate(name, call.arguments, call.position);
  std::vector<Function> signatures;
  for (const AggregateFunction& function : functions)
    signatures.push_back({function.name, function.arguments, function.result, nullptr});
  const auto chosen = ChooseOverload(signatures, call.arguments);
  if (!chosen && name == "array_agg" && call.arguments.size() == 1 && IsArray(call.arguments[0]->type))
    throw Error(ErrorCode::kNotSupported, "not supported yet: arrays of several dimensions", "aggregate with jsonb_agg")
        .WithPosition(call.position);
  if (!chosen) ThrowNoAggregate(name, call.arguments, call.position);
  call.function = &functions[chosen->index];
  const LogicalType result = call.function->result;
  if (ElementOf(result) != kAnyElement) return result;
  return IsArray(result) ? ArrayOf(ElementOf(chosen->element)) : chosen->element;
}

}  // namespace

// The SELECT whose columns the call is made of, where they are all of queries around this one: PostgreSQL computes it
// there, once for each of its groups. Its columns need not be grouped.
ExpressionBinder* ExpressionBinder::OwnerOf(const AggregateCall& call, std::span<const size_t> inner_uses) {
  std::vector<ColumnId> read;
  bool subquery = HoldsSubquery(call.filter);
  for (const ExprPtr& argument : call.arguments) {
    CollectColumns(*argument, read);
    subquery |= HoldsSubquery(argument);
  }
  if (call.filter != nullptr) CollectColumns(*call.filter, read);
  for (const AggregateSortKey& key : call.order) {
    CollectColumns(*key.expr, read);
    subquery |= HoldsSubquery(key.expr);
  }
  size_t level = 0;
  for (QueryScope* scope = &scope_; scope != nullptr; scope = scope->parent(), ++level) {
    if (std::ranges::none_of(read, [&](ColumnId column) { return scope->Owns(column); })) continue;
    if (scope->binder == nullptr || subquery) break;
    scope->inner_uses.resize(inner_uses[level]);
    return scope->binder;
  }
  throw Error(ErrorCode::kNotSupported, "not supported yet: this aggregate of the query around this one",
              "compute it in a subquery in FROM")
      .WithPosition(call.position);
}

bool ExpressionBinder::IsAggregate(const ast::Expr& expr) {
  return expr.kind == ast::ExprKind::kFunction && expr.parts.size() == 1 &&
         (expr.call == nullptr || expr.call->over == nullptr) && !FindAggregates(expr.parts[0].text).empty();
}

bool ExpressionBinder::HasAggregate(const ast::Expr& expr) {
  if (IsAggregate(expr) || IsHypotheticalSet(expr)) return true;
  const auto has = [](const ast::ExprPtr& one) { return one != nullptr && HasAggregate(*one); };
  if (expr.call != nullptr && expr.call->over != nullptr) {
    const ast::Window& over = *expr.call->over;
    if (has(expr.call->filter) || std::ranges::any_of(over.partition_by, has) ||
        std::ranges::any_of(over.order_by, has, &ast::SortItem::expr))
      return true;
  }
  return std::ranges::any_of(expr.arguments, has);
}

void ExpressionBinder::CheckAggregateAllowed(int position) const {
  if (inside_aggregate_)
    throw Error(ErrorCode::kGrouping, "aggregate function calls cannot be nested", "aggregate once")
        .WithPosition(position);
  if (aggregates_forbidden_in_.empty()) return;
  throw Error(ErrorCode::kGrouping, fmt::format("aggregate functions are not allowed in {}", aggregates_forbidden_in_),
              "aggregates stand in the SELECT list, in HAVING and in ORDER BY")
      .WithPosition(position);
}

ExprPtr ExpressionBinder::BindAggregate(const ast::Expr& expr) {
  const std::string& name = expr.parts[0].text;
  AggregateCall call;
  const size_t local = scope_.local_uses, outer = scope_.outer_uses;
  std::vector<size_t> inner_uses;
  for (const QueryScope* scope = &scope_; scope != nullptr; scope = scope->parent())
    inner_uses.push_back(scope->inner_uses.size());
  // One inside another is right only where it belongs to a query around this one.
  const bool nested = std::exchange(inside_aggregate_, true);
  const LogicalType type = BindAggregateCall(expr, call);
  inside_aggregate_ = nested;
  const bool ordered = name == "min" || name == "max";
  const bool dynamic = ordered && call.arguments[0]->dynamic;
  ExpressionBinder* owner = this;
  if (scope_.local_uses == local && scope_.outer_uses > outer) owner = OwnerOf(call, inner_uses);
  owner->CheckAggregateAllowed(expr.position);
  return MakeColumn(owner->AddAggregate(std::move(call), name, dynamic, type), type, dynamic, expr.position);
}

LogicalType ExpressionBinder::BindAggregateCall(const ast::Expr& expr, AggregateCall& call) {
  const std::string& name = expr.parts[0].text;
  if (name == "count" ? expr.star != expr.arguments.empty() : expr.star) ThrowNoAggregate(name, {}, expr.position);
  const std::span<const AggregateFunction> functions = FindAggregates(name);
  CheckWithinGroup(expr, functions[0]);
  call.position = expr.position;
  BindAggregateClauses(expr, call);
  if (functions[0].within_group) call.arguments.push_back(call.order[0].expr);
  for (const auto& argument : expr.arguments)
    call.arguments.push_back(BindAggregateArgument(*argument, name, call.distinct));
  // A literal without a type takes that of the only signature there is.
  const bool only = functions.size() == 1 && !functions[0].arguments.empty() && functions[0].arguments[0] != kAny &&
                    ElementOf(functions[0].arguments[0]) != kAnyElement;
  if (!call.arguments.empty() && !only) call.arguments[0] = Settle(call.arguments[0]);
  const std::vector<ExprPtr> written = call.arguments;
  if (MakesJson(name)) ConvertToJson(call.arguments, expr.position);
  const LogicalType type = ChooseAggregate(call, name, functions);
  CheckDistinctOrder(call, written);
  // PostgreSQL finds equal values by sorting, which shows where the order of rows counts.
  if (call.distinct && call.order.empty() && call.function->ordered) {
    for (size_t i = 0; i < call.arguments.size(); ++i)
      call.order.push_back({MakesJson(name) ? written[i] : call.arguments[i], false, false});
  }
  if (functions[0].within_group) {
    call.order[0].expr = call.arguments[0];
    if (call.arguments.size() > 1 && !IsFixed(*call.arguments[1]))
      throw Error(ErrorCode::kNotSupported, "not supported yet: a computed fraction", "write a number such as 0.5")
          .WithPosition(expr.position);
  }
  return type;
}

// Of a whole row: the object of it, and what count has to know.
ExprPtr ExpressionBinder::BindAggregateArgument(const ast::Expr& expr, std::string_view name, bool distinct) {
  if ((MakesJson(name) || name == "count") && IsRow(expr)) {
    const auto row = BindFields(expr);
    // Rows of these types are equal exactly when their texts are.
    const auto by_text = [](const ExprPtr& value) {
      return IsInteger(value->type) || value->unknown || value->type == kText || value->type == kBool ||
             value->type == kUuid || value->type == kDate || value->type == kTime || value->type == kTimestamp ||
             value->type == kLocalTimestamp;
    };
    if (row && distinct && (name != "count" || !std::ranges::all_of(row->values, by_text))) {
      throw Error(ErrorCode::kNotSupported, "not supported yet: DISTINCT of these rows",
                  "select them with SELECT DISTINCT in FROM")
          .WithPosition(expr.position);
    }
    if (row && distinct) return RowText(*row, expr.position);
    if (row) return name == "count" ? RowPresence(*row, expr.position) : RowDocument(*row, expr.position);
  }
  return Bind(expr);
}

void ExpressionBinder::BindAggregateClauses(const ast::Expr& expr, AggregateCall& call) {
  if (expr.call == nullptr) return;
  if (expr.call->variadic)
    throw Error(ErrorCode::kNotSupported, "not supported yet: VARIADIC", "write the arguments one by one")
        .WithPosition(expr.position);
  if (expr.call->distinct && expr.star)
    throw Error(ErrorCode::kSyntax, "DISTINCT specified, but * is no argument", "count(DISTINCT column)")
        .WithPosition(expr.position);
  call.distinct = expr.call->distinct;
  for (const ast::SortItem& item : expr.call->order_by) {
    AggregateSortKey key;
    key.expr = Settle(Bind(*item.expr));
    key.descending = item.descending;
    key.nulls_first = item.nulls == ast::NullOrder::kDefault ? item.descending : item.nulls == ast::NullOrder::kFirst;
    if (key.expr->type == kVector)
      throw Error(ErrorCode::kTypeMismatch, "vectors have no order", "order by a score")
          .WithPosition(item.expr->position);
    call.order.push_back(std::move(key));
  }
  if (expr.call->filter != nullptr) call.filter = BindBoolean(*expr.call->filter, "FILTER");
}

ExprPtr ExpressionBinder::BindGrouping(const ast::Expr& expr) {
  if (inside_aggregate_ || !aggregates_forbidden_in_.empty()) {
    throw Error(ErrorCode::kGrouping,
                inside_aggregate_ ? std::string("aggregate function calls cannot contain GROUPING")
                                  : fmt::format("grouping operations are not allowed in {}", aggregates_forbidden_in_),
                "GROUPING stands in the SELECT list, in HAVING and in ORDER BY")
        .WithPosition(expr.position);
  }
  if (expr.arguments.size() > kMaxGroupingArguments) {
    throw Error(ErrorCode::kLimitExceeded, "GROUPING must have fewer than 32 arguments", "call it several times")
        .WithSqlState("54023")
        .WithPosition(expr.position);
  }
  BoundGrouping grouping;
  grouping.position = expr.position;
  for (const auto& argument : expr.arguments) grouping.arguments.push_back(Settle(Bind(*argument)));
  grouping.output = plan_.AddColumn({"grouping", LogicalType::kInteger, ColumnSource::kComputed, false, {}});
  groupings_.push_back(std::move(grouping));
  return MakeColumn(groupings_.back().output, LogicalType::kInteger, false, expr.position);
}

// The same call twice is computed once.
ColumnId ExpressionBinder::AddAggregate(AggregateCall call, std::string_view name, bool dynamic, LogicalType type) {
  const auto same = [](const ExprPtr& a, const ExprPtr& b) { return SameExpr(*a, *b); };
  for (const AggregateCall& other : aggregates_) {
    const bool filters = (other.filter == nullptr) == (call.filter == nullptr) &&
                         (call.filter == nullptr || SameExpr(*call.filter, *other.filter));
    if (other.function == call.function && other.distinct == call.distinct && filters && other.order.empty() &&
        call.order.empty() && std::ranges::equal(other.arguments, call.arguments, same))
      return other.output;
  }
  call.output = plan_.AddColumn({std::string(name), type, ColumnSource::kComputed, dynamic, {}});
  aggregates_.push_back(std::move(call));
  return aggregates_.back().output;
}

}  // namespace rem::sql

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include <fmt/format.h>
#include <rem/error.h>

#include "embedding/provider.h"
#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/table_call_binder.h"
#include "sql/plan/aggregate_function.h"
#include "types/cast.h"

namespace rem::sql {

// Function calls, aggregates and scores: the second half of ExpressionBinder.

namespace {

using enum LogicalType;

bool IsAggregate(const ast::Expr& expr) {
  return expr.kind == ast::ExprKind::kFunction && expr.parts.size() == 1 && !FindAggregates(expr.parts[0].text).empty();
}

// The overload for arguments that have their types already, or nullptr.
const AggregateFunction* FindAggregate(std::string_view name, const std::vector<ExprPtr>& arguments) {
  for (const AggregateFunction& function : FindAggregates(name)) {
    if (std::ranges::equal(function.arguments, arguments, {}, {}, [](const ExprPtr& one) { return one->type; }))
      return &function;
  }
  return nullptr;
}

// The order of distinct values can follow only from the values.
void CheckDistinctOrder(const AggregateCall& call) {
  if (!call.distinct) return;
  for (const AggregateSortKey& key : call.order) {
    const auto same = [&](const ExprPtr& argument) { return SameExpr(*argument, *key.expr); };
    if (std::ranges::none_of(call.arguments, same))
      throw Error(ErrorCode::kSyntax,
                  "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
                  "order by an argument")
          .WithPosition(key.expr->position);
  }
}

// Booleans are t and f where a function shows them, and true and false where they are cast.
ExprPtr ShortTruth(const ExprPtr& expr) {
  const ExprPtr negation = MakeNot(expr);
  const ExprPtr t = MakeConstant(Value("t"), kText), f = MakeConstant(Value("f"), kText);
  return MakeForm(ExprKind::kCase, kText, {expr, t, negation, f, MakeConstant(Value(), kText)});
}

// A value reached by a path becomes the last type that the aggregate takes at this place and that a path can become.
ExprPtr CoercePath(const ExprPtr& argument, std::span<const AggregateFunction> overloads, size_t place) {
  for (size_t i = overloads.size(); i-- > 0;) {
    if (place >= overloads[i].arguments.size()) continue;
    if (ExprPtr coerced = Coerce(argument, overloads[i].arguments[place])) return coerced;
  }
  return argument;
}

}  // namespace

bool ExpressionBinder::HasAggregate(const ast::Expr& expr) {
  if (IsAggregate(expr)) return true;
  return std::ranges::any_of(expr.arguments, [](const ast::ExprPtr& argument) { return HasAggregate(*argument); });
}

ExprPtr ExpressionBinder::BindFunction(const ast::Expr& expr) {
  if (IsAggregate(expr)) return BindAggregate(expr);
  if (IsTableFunction(expr)) {
    const BoundRow row = BindSetCall(expr);
    if (row.values.size() == 1) return row.values[0];
    throw Error(ErrorCode::kNotSupported, "not supported yet: a record as a value",
                fmt::format("write ({}(...)).{}, or call it in FROM", expr.parts[0].text, row.names[0]))
        .WithPosition(expr.position);
  }
  if (expr.call != nullptr) {
    const bool variadic = expr.call->variadic;
    throw Error(variadic ? ErrorCode::kNotSupported : ErrorCode::kSyntax,
                variadic ? "not supported yet: VARIADIC"
                         : fmt::format("{} is not an aggregate function", expr.parts.back().text),
                variadic ? "write the arguments one by one" : "DISTINCT, ORDER BY and FILTER belong to aggregates")
        .WithPosition(expr.position);
  }
  if (expr.star)
    throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {}(*) does not exist", expr.parts.back().text),
                "only count takes *")
        .WithPosition(expr.position);
  if (const auto score = BindScore(expr)) return BindScoreColumn(*score, expr.position);
  std::vector<ExprPtr> arguments;
  for (const auto& argument : expr.arguments) arguments.push_back(Bind(*argument));
  std::string name = expr.parts[0].text;
  for (size_t i = 1; i < expr.parts.size(); ++i) name += "." + expr.parts[i].text;
  if (name != "concat") return ResolveFunction(name, std::move(arguments), expr.position);
  // concat takes anything and leaves NULLs out.
  ExprPtr joined = MakeConstant(Value(""), kText, expr.position);
  for (const ExprPtr& argument : arguments) {
    ExprPtr text = argument->type == kBool ? ShortTruth(argument) : ResolveCast(argument, "text", expr.position);
    text = MakeForm(sql::ExprKind::kCoalesce, kText, {text, MakeConstant(Value(""), kText)}, expr.position);
    joined = ResolveOperator("||", joined, text, expr.position);
  }
  return joined;
}

ExprPtr ExpressionBinder::BindAggregate(const ast::Expr& expr) {
  const std::string& name = expr.parts[0].text;
  if (inside_aggregate_)
    throw Error(ErrorCode::kGrouping, "aggregate function calls cannot be nested", "aggregate once")
        .WithPosition(expr.position);
  if (!aggregates_forbidden_in_.empty()) {
    throw Error(ErrorCode::kGrouping,
                fmt::format("aggregate functions are not allowed in {}", aggregates_forbidden_in_),
                "aggregates stand in the SELECT list, in HAVING and in ORDER BY")
        .WithPosition(expr.position);
  }
  const auto refuse = [&](const std::vector<ExprPtr>& arguments) {
    std::string types;
    for (const ExprPtr& argument : arguments) types += (types.empty() ? "" : ", ") + std::string(TypeNameOf(*argument));
    throw Error(ErrorCode::kFunctionNotFound, fmt::format("function does not exist: {}({})", name, types),
                name == "count" ? "write count(*) or count(column)"
                                : "cast the argument, for example to double precision or text")
        .WithPosition(expr.position);
  };
  if (name == "count" ? expr.star != expr.arguments.empty() : expr.star) refuse({});
  AggregateCall call;
  call.position = expr.position;
  const size_t local = scope_.local_uses, outer = scope_.outer_uses;
  inside_aggregate_ = true;
  for (const auto& argument : expr.arguments) call.arguments.push_back(Settle(Bind(*argument)));
  BindAggregateClauses(expr, call);
  inside_aggregate_ = false;
  if (scope_.local_uses == local && scope_.outer_uses > outer) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: an aggregate of the query around this one",
                "compute it in a subquery in FROM")
        .WithPosition(expr.position);
  }
  const auto overloads = FindAggregates(name);
  const bool same_type = name == "min" || name == "max" || name == "count";
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    ExprPtr& argument = call.arguments[i];
    const bool narrow = argument->type == kSmallInt || argument->type == kInteger;
    if (narrow && name != "array_agg" && !name.starts_with("jsonb_")) argument = Coerce(argument, kInt);
    if (argument->type == kReal && name != "array_agg" && !name.starts_with("jsonb_"))
      argument = Coerce(argument, kDouble);
    if (name.starts_with("jsonb_") && i + 1 == call.arguments.size() && argument->type != kJson)
      argument = ResolveFunction("to_jsonb", {argument}, expr.position);
    if (!argument->dynamic || same_type) continue;
    if (name.starts_with("bool_") || name == "every")
      argument = Require(argument, kBool, "argument of " + name);
    else
      argument = CoercePath(argument, overloads, i);
  }
  const bool ordered = name == "min" || name == "max";
  if (ordered && call.arguments.size() == 1 && call.arguments[0]->type == kJson && !call.arguments[0]->dynamic)
    refuse(call.arguments);
  call.function = FindAggregate(name, call.arguments);
  if (call.function == nullptr) refuse(call.arguments);
  const LogicalType type = call.function->result;
  const bool dynamic = ordered && call.arguments[0]->dynamic;
  CheckDistinctOrder(call);
  return MakeColumn(AddAggregate(std::move(call), name, dynamic), type, dynamic, expr.position);
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

// The same call twice is computed once.
ColumnId ExpressionBinder::AddAggregate(AggregateCall call, std::string_view name, bool dynamic) {
  const auto same = [](const ExprPtr& a, const ExprPtr& b) { return SameExpr(*a, *b); };
  for (const AggregateCall& other : aggregates_) {
    const bool filters = (other.filter == nullptr) == (call.filter == nullptr) &&
                         (call.filter == nullptr || SameExpr(*call.filter, *other.filter));
    if (other.function == call.function && other.distinct == call.distinct && filters && other.order.empty() &&
        call.order.empty() && std::ranges::equal(other.arguments, call.arguments, same))
      return other.output;
  }
  call.output = plan_.AddColumn({std::string(name), call.function->result, ColumnSource::kComputed, dynamic, {}});
  aggregates_.push_back(std::move(call));
  return aggregates_.back().output;
}

std::optional<BoundScore> ExpressionBinder::BindScore(const ast::Expr& expr) {
  if (expr.kind != ast::ExprKind::kFunction || expr.parts.size() < 2) return std::nullopt;
  const std::string& method = expr.parts.back().text;
  if (method != "cosine" && method != "inner_product") return std::nullopt;
  const std::vector<ast::NamePart> name(expr.parts.begin(), expr.parts.end() - 1);
  BoundScore score;
  std::tie(score.column, score.table) = scope_.FindVector(name);
  if (score.column == nullptr) {
    std::string vectors, tables;
    for (const Relation& relation : scope_.relations()) {
      if (relation.table == nullptr) continue;
      tables += (tables.empty() ? "" : ", ") + relation.table->table()->name();
      for (const VectorColumn& column : relation.table->table()->vectors)
        vectors += (vectors.empty() ? "" : ", ") + column.name;
    }
    throw Error(ErrorCode::kColumnNotFound, fmt::format("vector column \"{}\" does not exist", name.back().original),
                !vectors.empty() ? "vector columns are " + vectors
                : tables.empty() ? "name a table with FROM"
                                 : fmt::format("table \"{}\" has no vector columns", tables))
        .WithPosition(expr.position);
  }
  if (expr.arguments.size() != 1) {
    throw Error(ErrorCode::kFunctionNotFound, fmt::format("{} takes one argument", method),
                "a text, or a vector such as '[0.1,0.2]'")
        .WithPosition(expr.position);
  }
  score.metric = method == "cosine" ? VectorMetric::kCosine : VectorMetric::kInnerProduct;
  score.query = QueryVector(*expr.arguments[0], *score.column);
  return score;
}

VectorValue ExpressionBinder::QueryVector(const ast::Expr& argument, const VectorColumn& column) {
  const ExprPtr bound = Bind(argument);
  Value value = bound->value;
  if (bound->kind == sql::ExprKind::kParameter) {
    value = parameters_[bound->parameter];
    plan_.depends_on_values = true;
  } else if (bound->kind != sql::ExprKind::kConstant) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: a query vector that is computed",
                "pass a text, a vector such as '[0.1,0.2]', or a parameter")
        .WithPosition(argument.position);
  }
  if (value.type() == kText && value.AsText().starts_with("[")) {
    try {
      value = CastValue(value, kVector);
    } catch (const Error&) {
      // A text may begin with a bracket.
    }
  }
  if (value.type() == kText) {
    if (column.provider == nullptr) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("column \"{}\" has no embedding provider", column.name),
                  "pass a vector such as '[0.1,0.2]', or set embedding_provider in the schema")
          .WithPosition(argument.position);
    }
    VectorValue vector(column.provider->dimension());
    const std::string_view texts[] = {value.AsText()};
    column.provider->Embed(texts, vector.data());
    value = Value(std::move(vector));
  }
  if (value.type() != kVector) {
    throw Error(ErrorCode::kTypeMismatch, "a query vector is a text or a vector",
                "pass a text, or a vector such as '[0.1,0.2]'")
        .WithPosition(argument.position);
  }
  const VectorValue& vector = value.AsVector();
  if (column.dimension != 0 && vector.size() != column.dimension) {
    throw Error(ErrorCode::kDimensionMismatch,
                fmt::format("vector has dimension {}, column \"{}\" has dimension {}", vector.size(), column.name,
                            column.dimension),
                "pass a vector of the column's dimension")
        .WithPosition(argument.position);
  }
  return vector;
}

void ExpressionBinder::SetRank(const BoundScore& score, ColumnId column) {
  rank_ = score;
  rank_column_ = column;
}

ExprPtr ExpressionBinder::BindScoreColumn(const BoundScore& score, int position) {
  if (rank_ && rank_->column == score.column && rank_->table == score.table && rank_->metric == score.metric &&
      rank_->query == score.query)
    return MakeColumn(rank_column_, kDouble, false, position);
  const LogicalType types[] = {kVector, kVector};
  const Function* function = FindOverload(score.metric == VectorMetric::kCosine ? "cosine" : "inner_product", types);
  return MakeCall(function,
                  {score.table->VectorField(*score.column), MakeConstant(Value(score.query), kVector, position)},
                  position);
}

}  // namespace rem::sql

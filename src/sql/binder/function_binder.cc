#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <rem/error.h>

#include "embedding/provider.h"
#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "types/cast.h"

namespace rem::sql {

// Function calls, aggregates and scores: the second half of ExpressionBinder.

namespace {

using enum LogicalType;

std::optional<AggregateKind> FindAggregate(const ast::Expr& expr) {
  struct Named {
    std::string_view name;
    AggregateKind kind;
  };
  static constexpr Named kAggregates[] = {{"count", AggregateKind::kCount},   {"sum", AggregateKind::kSum},
                                          {"avg", AggregateKind::kAvg},       {"min", AggregateKind::kMin},
                                          {"max", AggregateKind::kMax},       {"bool_and", AggregateKind::kBoolAnd},
                                          {"every", AggregateKind::kBoolAnd}, {"bool_or", AggregateKind::kBoolOr}};
  if (expr.kind != ast::ExprKind::kFunction || expr.parts.size() != 1) return std::nullopt;
  const auto* found = std::ranges::find(kAggregates, expr.parts[0].text, &Named::name);
  if (found == std::end(kAggregates)) return std::nullopt;
  return found->kind == AggregateKind::kCount && expr.star ? AggregateKind::kCountRows : found->kind;
}

LogicalType AggregateType(AggregateKind kind, const ExprPtr& argument) {
  switch (kind) {
    case AggregateKind::kCountRows:
    case AggregateKind::kCount:
      return kInt;
    case AggregateKind::kAvg:
      return kDouble;
    case AggregateKind::kBoolAnd:
    case AggregateKind::kBoolOr:
      return kBool;
    default:
      return argument->type;
  }
}

// Booleans are t and f where a function shows them, and true and false where they are cast.
ExprPtr ShortTruth(const ExprPtr& expr) {
  const ExprPtr negation = MakeNot(expr);
  const ExprPtr t = MakeConstant(Value("t"), kText), f = MakeConstant(Value("f"), kText);
  return MakeForm(ExprKind::kCase, kText, {expr, t, negation, f, MakeConstant(Value(), kText)});
}

}  // namespace

bool ExpressionBinder::HasAggregate(const ast::Expr& expr) {
  if (FindAggregate(expr)) return true;
  return std::ranges::any_of(expr.arguments, [](const ast::ExprPtr& argument) { return HasAggregate(*argument); });
}

ExprPtr ExpressionBinder::BindFunction(const ast::Expr& expr) {
  if (const auto aggregate = FindAggregate(expr)) return BindAggregate(expr, *aggregate);
  if (expr.star)
    throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {}(*) does not exist", expr.parts.back().text),
                "only count takes *")
        .WithPosition(expr.position);
  if (const auto score = BindScore(expr)) return BindScoreColumn(*score, expr.position);
  std::vector<ExprPtr> arguments;
  for (const auto& argument : expr.arguments)
    arguments.push_back(BindRounded(*argument, expr.parts.back().text == "round"));
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

ExprPtr ExpressionBinder::BindAggregate(const ast::Expr& expr, AggregateKind kind) {
  const std::string& name = expr.parts[0].text;
  if (inside_aggregate_)
    throw Error(ErrorCode::kGrouping, "aggregate function calls cannot be nested", "aggregate once")
        .WithPosition(expr.position);
  if (!aggregating_) {
    throw Error(ErrorCode::kGrouping, "aggregate functions are not allowed here",
                "aggregates stand in the SELECT list and in ORDER BY")
        .WithPosition(expr.position);
  }
  AggregateCall call{kind, nullptr, 0, expr.position};
  if (kind != AggregateKind::kCountRows) {
    if (expr.arguments.size() != 1) {
      throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {} takes one argument", name),
                  name == "count" ? "write count(*) or count(column)" : "")
          .WithPosition(expr.position);
    }
    inside_aggregate_ = true;
    call.argument = Settle(Bind(*expr.arguments[0]));
    inside_aggregate_ = false;
  }
  const bool numeric = kind == AggregateKind::kSum || kind == AggregateKind::kAvg;
  if (numeric && call.argument->dynamic) call.argument = Coerce(call.argument, kDouble);
  if (kind == AggregateKind::kBoolAnd || kind == AggregateKind::kBoolOr)
    call.argument = Require(call.argument, kBool, "argument of " + name);
  const bool ordered = kind == AggregateKind::kMin || kind == AggregateKind::kMax;
  if ((numeric && call.argument->type != kInt && call.argument->type != kDouble) ||
      (ordered && !call.argument->dynamic &&
       (call.argument->type == kBool || call.argument->type == kJson || call.argument->type == kVector ||
        call.argument->type == kUuid))) {
    throw Error(ErrorCode::kFunctionNotFound,
                fmt::format("function does not exist: {}({})", name, TypeNameOf(*call.argument)),
                "cast the argument, for example to double precision or text")
        .WithPosition(expr.position);
  }
  const LogicalType type = AggregateType(kind, call.argument);
  const bool dynamic = ordered && call.argument->dynamic;
  call.output = plan_.AddColumn({name, type, ColumnSource::kComputed, dynamic, {}});
  aggregates_.push_back(call);
  return MakeColumn(call.output, type, dynamic, expr.position);
}

std::optional<BoundScore> ExpressionBinder::BindScore(const ast::Expr& expr) {
  if (expr.kind != ast::ExprKind::kFunction || expr.parts.size() < 2 || scope_ == nullptr) return std::nullopt;
  const std::string& method = expr.parts.back().text;
  if (method != "cosine" && method != "inner_product") return std::nullopt;
  const std::vector<ast::NamePart> name(expr.parts.begin(), expr.parts.end() - 1);
  BoundScore score;
  score.column = scope_->FindVector(name);
  if (score.column == nullptr) {
    std::string vectors;
    for (const VectorColumn& column : scope_->table()->vectors) vectors += (vectors.empty() ? "" : ", ") + column.name;
    throw Error(ErrorCode::kColumnNotFound, fmt::format("vector column \"{}\" does not exist", name.back().original),
                vectors.empty() ? fmt::format("table \"{}\" has no vector columns", scope_->table()->name())
                                : "vector columns are " + vectors)
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
  if (rank_ && rank_->column == score.column && rank_->metric == score.metric && rank_->query == score.query)
    return MakeColumn(rank_column_, kDouble, false, position);
  const LogicalType types[] = {kVector, kVector};
  const Function* function = FindOverload(score.metric == VectorMetric::kCosine ? "cosine" : "inner_product", types);
  return MakeCall(function, {scope_->VectorField(*score.column), MakeConstant(Value(score.query), kVector, position)},
                  position);
}

}  // namespace rem::sql

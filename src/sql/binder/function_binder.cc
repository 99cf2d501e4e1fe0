#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/hypothetical_set.h"
#include "sql/binder/query_binder.h"
#include "sql/binder/system_functions.h"
#include "sql/binder/table_call_binder.h"
#include "sql/binder/window_functions.h"
#include "sql/plan/query_vector.h"

namespace rem::sql {

// Function calls and scores: a part of ExpressionBinder.

namespace {

using enum LogicalType;

// A literal without a type has none until it is used.
ExprPtr TypeOf(const ExprPtr& value, int position) {
  if (value->unknown && value->kind == ExprKind::kConstant) return MakeConstant(Value("unknown"), kText, position);
  return nullptr;
}

}  // namespace

ExprPtr ExpressionBinder::BindFunction(const ast::Expr& expr) {
  if (expr.call != nullptr && expr.call->over != nullptr) return BindWindowCall(expr);
  if (IsHypotheticalSet(expr)) return Bind(*HypotheticalSetByCount(expr));
  if (IsAggregate(expr)) return BindAggregate(expr);
  if (expr.parts.size() == 1 && !FindWindowFunctions(expr.parts[0].text).empty()) {
    const bool ordered = expr.call != nullptr && expr.call->within_group;
    throw Error(
        ErrorCode::kSyntax,
        ordered ? fmt::format("{} is not an ordered-set aggregate, so it cannot have WITHIN GROUP", expr.parts[0].text)
                : fmt::format("window function {} requires an OVER clause", expr.parts[0].text),
        "write OVER (ORDER BY ...) behind it")
        .WithSqlState("42809")
        .WithPosition(expr.position);
  }
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
        .WithSqlState(variadic ? "0A000" : "42809")
        .WithPosition(expr.position);
  }
  if (expr.star)
    throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {}(*) does not exist", expr.parts.back().text),
                "only count takes *")
        .WithPosition(expr.position);
  if (expr.arguments.size() == 1 && expr.parts.size() == 1 && IsRow(*expr.arguments[0])) {
    const std::string& function = expr.parts[0].text;
    const bool json = function == "to_jsonb" || function == "to_json" || function == "row_to_json";
    if (const auto row = json ? BindFields(*expr.arguments[0]) : std::nullopt) return RowDocument(*row, expr.position);
  }
  if (const auto score = BindScore(expr)) return BindScoreColumn(*score, expr.position);
  std::vector<ExprPtr> arguments;
  for (const auto& argument : expr.arguments) arguments.push_back(Bind(*argument));
  std::string name = expr.parts[0].text;
  for (size_t i = 1; i < expr.parts.size(); ++i) name += "." + expr.parts[i].text;
  if (ExprPtr answer = BindSystemFunction(name, arguments, queries_.catalog(), expr.position)) return answer;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (IsRegclass(*expr.arguments[i])) arguments[i] = RegclassName(arguments[i], queries_.catalog(), expr.position);
  }
  if (name == "pg_typeof" && arguments.size() == 1) {
    if (ExprPtr unknown = TypeOf(arguments[0], expr.position)) return unknown;
  }
  return ResolveFunction(name, std::move(arguments), expr.position);
}

std::optional<BoundScore> ExpressionBinder::BindScore(const ast::Expr& expr) {
  if (expr.kind != ast::ExprKind::kFunction || expr.parts.size() < 2) return std::nullopt;
  const std::string& method = expr.parts.back().text;
  if (method != "cosine" && method != "inner_product" && method != "l2") return std::nullopt;
  const std::vector<ast::NamePart> name(expr.parts.begin(), expr.parts.end() - 1);
  BoundScore score;
  std::tie(score.column, score.table) = scope_.FindVector(name);
  if (score.column == nullptr) {
    std::string vectors, tables;
    for (const Relation& relation : scope_.relations()) {
      if (relation.table == nullptr) continue;
      tables += (tables.empty() ? "" : ", ") + relation.table->table()->name();
      for (const VectorColumn& column : relation.table->table()->vectors) {
        if (!column.shadow) vectors += (vectors.empty() ? "" : ", ") + column.name;
      }
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
  score.metric = method == "cosine" ? VectorMetric::kCosine
                 : method == "l2"   ? VectorMetric::kL2
                                    : VectorMetric::kInnerProduct;
  score.query = BindQueryVector(*expr.arguments[0], score.table->table(), *score.column);
  return score;
}

ExprPtr ExpressionBinder::BindQueryVector(const ast::Expr& argument, const TablePtr& table,
                                          const VectorColumn& column) {
  const ExprPtr bound = Bind(argument);
  if (bound->kind == sql::ExprKind::kConstant)
    return MakeConstant(ToQueryVector(bound->value, column, argument.position), kVector, argument.position);
  if (bound->kind != sql::ExprKind::kParameter) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: a query vector that is computed",
                "pass a text, a vector such as '[0.1,0.2]', or a parameter")
        .WithPosition(argument.position);
  }
  const Value& value = parameters_[bound->parameter];
  QueryVector query{table, column.name, bound->parameter, bound->parameter, argument.position};
  if (value.type() != kVector) {
    const auto known = std::ranges::find_if(plan_.query_vectors, [&](const QueryVector& one) {
      return one.parameter == query.parameter && one.table == table && one.column == column.name;
    });
    query.vector = known != plan_.query_vectors.end()
                       ? known->vector
                       : static_cast<uint32_t>(plan_.parameter_count + plan_.query_vectors.size());
    // What is no vector at all is found out here; a text is embedded once, when the query runs.
    if (value.type() != kText || column.provider == nullptr) ToQueryVector(value, column, argument.position);
  }
  plan_.query_vectors.push_back(std::move(query));
  auto vector = std::make_shared<Expr>(*bound);
  vector->parameter = plan_.query_vectors.back().vector;
  vector->type = kVector;
  vector->unknown = false;
  return vector;
}

void ExpressionBinder::SetRank(const BoundScore& score, ColumnId column) {
  rank_ = score;
  rank_column_ = column;
}

ExprPtr ExpressionBinder::BindScoreColumn(const BoundScore& score, int position) {
  if (rank_ && rank_->column == score.column && rank_->table == score.table && rank_->metric == score.metric &&
      SameExpr(*rank_->query, *score.query))
    return MakeColumn(rank_column_, kDouble, false, position);
  const LogicalType types[] = {kVector, kVector};
  const Function* function = FindOverload(score.metric == VectorMetric::kCosine ? "cosine"
                                          : score.metric == VectorMetric::kL2   ? "l2_distance"
                                                                                : "inner_product",
                                          types);
  return MakeCall(function, {score.table->VectorField(*score.column), score.query}, position);
}

}  // namespace rem::sql

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/query_binder.h"

namespace rem::sql {

// Queries inside expressions and comparison of rows: a part of ExpressionBinder.

namespace {

[[noreturn]] void ThrowSizes(int position) {
  throw Error(ErrorCode::kSyntax, "unequal number of entries in row expressions", "compare rows of the same length")
      .WithPosition(position);
}

}  // namespace

// ROW(...), table.* and the name of a table.
bool ExpressionBinder::IsRow(const ast::Expr& expr) {
  if (expr.kind == ast::ExprKind::kRow || (expr.kind == ast::ExprKind::kStar && !expr.parts.empty())) return true;
  return expr.kind == ast::ExprKind::kColumn && expr.parts.size() == 1 &&
         scope_.Find(expr.parts, expr.position) == nullptr && BindRelation(expr.parts[0], expr.position).has_value();
}

std::vector<ExprPtr> ExpressionBinder::BindRow(const ast::Expr& expr) {
  if (expr.kind != ast::ExprKind::kRow) return {Bind(expr)};
  return std::move(BindFields(expr)->values);
}

// (a, b) < (c, d)  ->  a < c OR (a = c AND b < d)
ExprPtr ExpressionBinder::CompareRows(std::string_view sign, std::span<const ExprPtr> left,
                                      std::span<const ExprPtr> right, int position) {
  if (left.size() != right.size()) ThrowSizes(position);
  if (left.empty())
    throw Error(ErrorCode::kNotSupported, "not supported: cannot compare rows of zero length", "write the values")
        .WithPosition(position);
  if (left.size() == 1) return ResolveOperator(sign, left[0], right[0], position);
  if (sign == "=" || sign == "<>") {
    std::vector<ExprPtr> tests;
    for (size_t i = 0; i < left.size(); ++i) tests.push_back(ResolveOperator(sign, left[i], right[i], position));
    return MakeForm(sign == "=" ? sql::ExprKind::kAnd : sql::ExprKind::kOr, LogicalType::kBool, std::move(tests),
                    position);
  }
  if (sign != "<" && sign != "<=" && sign != ">" && sign != ">=") {
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported: operator {} between rows", sign),
                "rows compare by =, <>, <, <=, > and >=")
        .WithPosition(position);
  }
  const std::string_view strict = sign.substr(0, 1);
  const ExprPtr rest = CompareRows(sign, left.subspan(1), right.subspan(1), position);
  return MakeForm(sql::ExprKind::kOr, LogicalType::kBool,
                  {ResolveOperator(strict, left[0], right[0], position),
                   MakeForm(sql::ExprKind::kAnd, LogicalType::kBool,
                            {ResolveOperator("=", left[0], right[0], position), rest}, position)},
                  position);
}

ExprPtr ExpressionBinder::BindSubquery(const ast::Expr& expr) {
  // An aggregate's argument is computed for each row, so that its columns need not be grouped.
  const size_t uses = scope_.inner_uses.size();
  std::vector<ExprPtr> left;
  if (!expr.arguments.empty()) left = BindRow(*expr.arguments[0]);
  BoundQuery query = queries_.Bind(*expr.subquery, &scope_, scope_.commons());
  if (inside_aggregate_) scope_.inner_uses.resize(uses);
  LogicalSubquery body;
  LogicalType type = LogicalType::kBool;
  bool dynamic = false;
  std::vector<ExprPtr> columns;
  for (const OutputColumn& output : query.outputs) {
    const PlanColumn& known = plan_.columns[output.column];
    columns.push_back(MakeColumn(output.column, known.type, known.dynamic, expr.position));
    body.outputs.push_back(output.column);
  }
  switch (expr.subquery_kind) {
    case ast::SubqueryKind::kExists:
      body.kind = SubqueryKind::kExists;
      break;
    case ast::SubqueryKind::kScalar:
      body.kind = SubqueryKind::kScalar;
      if (columns.size() != 1)
        throw Error(ErrorCode::kSyntax, "subquery must return only one column", "select one column")
            .WithPosition(expr.position);
      type = columns[0]->type;
      dynamic = columns[0]->dynamic;
      break;
    case ast::SubqueryKind::kArray:
      body.kind = SubqueryKind::kArray;
      if (columns.size() != 1)
        throw Error(ErrorCode::kSyntax, "subquery must return only one column", "select one column")
            .WithPosition(expr.position);
      if (IsArray(columns[0]->type) || columns[0]->type == LogicalType::kVector)
        throw Error(ErrorCode::kNotSupported, "not supported yet: arrays of several dimensions",
                    "aggregate the values: SELECT jsonb_agg(...)")
            .WithPosition(expr.position);
      type = ArrayOf(columns[0]->type);
      break;
    default:
      body.kind = expr.subquery_kind == ast::SubqueryKind::kAny ? SubqueryKind::kAny : SubqueryKind::kAll;
      if (left.size() != columns.size())
        throw Error(ErrorCode::kSyntax,
                    columns.size() < left.size() ? "subquery has too few columns" : "subquery has too many columns",
                    fmt::format("select {} columns", left.size()))
            .WithPosition(expr.position);
      body.comparison = Require(CompareRows(expr.text, left, columns, expr.position), LogicalType::kBool,
                                "comparison with a subquery");
  }
  body.root = std::move(query.root);
  auto bound = std::make_shared<Expr>();
  bound->kind = sql::ExprKind::kSubquery;
  bound->type = type;
  bound->dynamic = dynamic;
  bound->position = expr.position;
  bound->subquery = static_cast<uint32_t>(plan_.subqueries.size());
  plan_.subqueries.push_back(std::move(body));
  return bound;
}

ExprPtr ExpressionBinder::BindQuantified(const ast::Expr& expr) {
  const ast::Expr& array = *expr.arguments[1];
  if (array.kind != ast::ExprKind::kArray) {
    ExprPtr value = Bind(*expr.arguments[0]);
    ExprPtr bound = Bind(array);
    const std::string name = expr.text + (expr.all ? " all" : " any");
    if (FindFunctions(name).empty()) {
      throw Error(ErrorCode::kNotSupported, "not supported yet: this operator with ANY and ALL over an array",
                  "write ANY (ARRAY[...]), an IN list or a subquery")
          .WithPosition(expr.position);
    }
    if (!bound->unknown && !IsArray(bound->type)) {
      throw Error(ErrorCode::kTypeMismatch, "op ANY/ALL (array) requires array on right side", "pass an array")
          .WithPosition(expr.position);
    }
    return ResolveFunction(name, {std::move(value), std::move(bound)}, expr.position);
  }
  const ExprPtr value = Bind(*expr.arguments[0]);
  std::vector<ExprPtr> tests;
  for (const auto& element : array.arguments)
    tests.push_back(ResolveOperator(expr.text, value, Bind(*element), expr.position));
  if (tests.empty()) return MakeConstant(Value(expr.all), LogicalType::kBool, expr.position);
  if (tests.size() == 1) return tests[0];
  return MakeForm(expr.all ? sql::ExprKind::kAnd : sql::ExprKind::kOr, LogicalType::kBool, std::move(tests),
                  expr.position);
}

}  // namespace rem::sql

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/table_call_binder.h"
#include "sql/parser/ast_names.h"
#include "sql/plan/function.h"

namespace rem::sql {

// Values of several fields, ROW(a, b), the name of a table, (jsonb_each(x)): a part of ExpressionBinder. No column
// holds one; each place that takes them works on their fields.

namespace {

using enum LogicalType;

ast::NamePart Quoted(const std::string& name) { return {name, name, true}; }

ExprPtr Test(std::string_view test, const ExprPtr& value, int position) {
  for (const Function& function : FindFunctions(test)) {
    if (function.arguments[0] == value->type || function.arguments[0] == kAny)
      return MakeCall(&function, {value}, position);
  }
  throw Error(ErrorCode::kTypeMismatch, fmt::format("type {} has no test {}", TypeNameOf(*value), test),
              "cast the value")
      .WithPosition(position);
}

}  // namespace

std::optional<BoundRow> ExpressionBinder::BindRelation(const ast::NamePart& name, int position) {
  const QueryScope* scope = &scope_;
  const Relation* relation = nullptr;
  for (; scope != nullptr && relation == nullptr; scope = scope->parent()) relation = scope->FindRelation(name);
  if (relation == nullptr) return std::nullopt;
  const bool here = scope_.FindRelation(name) == relation;
  BoundRow row;
  const std::vector<OutputColumn> columns =
      relation->table != nullptr ? relation->table->Star(false) : relation->columns;
  for (const OutputColumn& column : columns) {
    // By itself where that is possible: a join with a name may have two columns of one name.
    ExprPtr value;
    if (here) {
      const PlanColumn& known = plan_.columns[column.column];
      value = MakeColumn(column.column, known.type, known.dynamic, position);
      ++scope_.local_uses;
    } else {
      value = scope_.Find({name, Quoted(column.name)}, position);
    }
    if (value == nullptr) return std::nullopt;
    row.names.push_back(column.name);
    row.values.push_back(std::move(value));
  }
  if (!relation->optional) return row;
  // A row that an outer join made up is NULL as a whole, not a row of NULLs.
  row.presence =
      relation->table != nullptr ? scope_.Find({name, Quoted(std::string(kRecordIdName))}, position) : nullptr;
  row.may_be_null = true;
  return row;
}

std::optional<BoundRow> ExpressionBinder::BindFields(const ast::Expr& expr) {
  if (IsTableFunction(expr)) {
    BoundRow row = BindSetCall(expr);
    if (row.values.size() > 1) return row;
    return std::nullopt;
  }
  if (expr.kind == ast::ExprKind::kStar && expr.parts.size() == 1) return BindRelation(expr.parts[0], expr.position);
  if (expr.kind == ast::ExprKind::kColumn && expr.parts.size() == 1) {
    if (scope_.Find(expr.parts, expr.position) != nullptr) return std::nullopt;
    return BindRelation(expr.parts[0], expr.position);
  }
  if (expr.kind != ast::ExprKind::kRow) return std::nullopt;
  BoundRow row;
  for (const auto& argument : expr.arguments) {
    if (argument->kind == ast::ExprKind::kStar) {
      auto fields = BindFields(*argument);
      if (!fields)
        throw Error(ErrorCode::kNotSupported, "not supported yet: this * in a row", "write table.*, or the columns")
            .WithPosition(argument->position);
      for (ExprPtr& value : fields->values) row.values.push_back(std::move(value));
    } else {
      row.values.push_back(Bind(*argument));
    }
  }
  for (size_t i = 0; i < row.values.size(); ++i) row.names.push_back(fmt::format("f{}", i + 1));
  return row;
}

ExprPtr ExpressionBinder::BindField(const ast::Expr& expr) {
  const auto row = expr.star ? std::nullopt : BindFields(*expr.arguments[0]);
  if (!row) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: this kind of field selection",
                "use -> or ->> on a jsonb value")
        .WithPosition(expr.position);
  }
  const auto name = std::ranges::find(row->names, expr.text);
  if (name == row->names.end()) {
    throw Error(ErrorCode::kColumnNotFound,
                fmt::format("could not identify column \"{}\" in record data type", expr.text),
                row->names.empty() ? "" : fmt::format("the first column is \"{}\"", row->names[0]))
        .WithPosition(expr.position);
  }
  return row->values[static_cast<size_t>(name - row->names.begin())];
}

// NULL where the whole row is.
ExprPtr ExpressionBinder::UnlessAbsent(const BoundRow& row, ExprPtr value, int position) {
  if (!row.may_be_null) return value;
  if (row.presence == nullptr) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: a whole row of a query that an outer join may leave out",
                "name its columns")
        .WithPosition(position);
  }
  const LogicalType type = value->type;
  return MakeForm(ExprKind::kCase, type,
                  {Test("is not null", row.presence, position), std::move(value), MakeConstant(Value(), type)},
                  position);
}

ExprPtr ExpressionBinder::RowDocument(const BoundRow& row, int position) {
  std::vector<ExprPtr> arguments;
  for (size_t i = 0; i < row.values.size(); ++i) {
    arguments.push_back(MakeConstant(Value(row.names[i]), kText, position));
    arguments.push_back(Settle(row.values[i]));
  }
  return UnlessAbsent(row, ResolveFunction("jsonb_build_object", std::move(arguments), position), position);
}

ExprPtr ExpressionBinder::RowText(const BoundRow& row, int position) {
  std::vector<ExprPtr> values;
  for (const ExprPtr& value : row.values) values.push_back(Settle(value));
  return UnlessAbsent(row, ResolveFunction("row text", std::move(values), position), position);
}

// Something that is NULL where the whole row is.
ExprPtr ExpressionBinder::RowPresence(const BoundRow& row, int position) {
  return UnlessAbsent(row, MakeConstant(Value(true), kBool, position), position);
}

// A row IS NULL when all of its fields are, and IS NOT NULL when none of them is.
ExprPtr ExpressionBinder::TestRow(const BoundRow& row, std::string_view test, int position) {
  std::vector<ExprPtr> tests;
  for (const ExprPtr& value : row.values) tests.push_back(Test(test, Settle(value), position));
  if (tests.size() == 1) return tests[0];
  if (tests.empty()) return MakeConstant(Value(true), kBool, position);
  return MakeForm(ExprKind::kAnd, kBool, std::move(tests), position);
}

// Two rows that are spelled out compare field by field. The row of a table compares as a value does: NULLs in it are
// equal.
ExprPtr ExpressionBinder::CompareRecords(std::string_view sign, const ast::Expr& left, const ast::Expr& right,
                                         int position) {
  if (left.kind == ast::ExprKind::kRow && right.kind == ast::ExprKind::kRow)
    return CompareRows(sign, BindRow(left), BindRow(right), position);
  if (sign == "=" || sign == "<>")
    return DistinctRows(sign == "=" ? "is not distinct from" : "is distinct from", left, right, position);
  throw Error(ErrorCode::kNotSupported, "not supported yet: the order of whole rows", "compare their columns")
      .WithPosition(position);
}

ExprPtr ExpressionBinder::DistinctRows(std::string_view test, const ast::Expr& left, const ast::Expr& right,
                                       int position) {
  const auto a = BindFields(left), b = BindFields(right);
  if (!a || !b)
    throw Error(ErrorCode::kNotSupported, "not supported yet: a row beside another kind of value", "write ROW(...)")
        .WithPosition(position);
  if (a->may_be_null || b->may_be_null)
    throw Error(ErrorCode::kNotSupported, "not supported yet: comparing a whole row that an outer join may leave out",
                "compare its columns")
        .WithPosition(position);
  if (a->values.size() != b->values.size())
    throw Error(ErrorCode::kSyntax, "unequal number of entries in row expressions", "compare rows of the same length")
        .WithPosition(position);
  const bool same = test == "is not distinct from";
  std::vector<ExprPtr> tests;
  for (size_t i = 0; i < a->values.size(); ++i)
    tests.push_back(TestValues(test, {a->values[i], b->values[i]}, position));
  if (tests.empty()) return MakeConstant(Value(same), kBool, position);
  if (tests.size() == 1) return tests[0];
  return MakeForm(same ? ExprKind::kAnd : ExprKind::kOr, kBool, std::move(tests), position);
}

}  // namespace rem::sql

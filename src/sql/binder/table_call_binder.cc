#include "sql/binder/table_call_binder.h"

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/plan/function.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// Functions that are unnest over a function that gives an array.
constexpr std::pair<std::string_view, std::string_view> kOverArrays[] = {
    {"string_to_table", "string_to_array"}, {"regexp_split_to_table", "regexp_split_to_array"}};

const std::pair<std::string_view, std::string_view>* FindOverArray(std::string_view name) {
  const auto* found = std::ranges::find(kOverArrays, name, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(kOverArrays) || FindFunctions(found->second).empty() ? nullptr : found;
}

LogicalType Replace(LogicalType type, LogicalType element) {
  if (type == kAnyElement) return element;
  return type == ArrayOf(kAnyElement) ? ArrayOf(element) : type;
}

BoundTableCall Bound(LogicalPlan& plan, const TableFunction& function, std::vector<ExprPtr> arguments,
                     LogicalType element) {
  BoundTableCall bound;
  bound.call.function = &function;
  bound.call.arguments = std::move(arguments);
  for (const TableFunction::ResultColumn& column : function.columns) {
    const LogicalType type = Replace(column.type, element);
    bound.call.outputs.push_back(plan.AddColumn({std::string(column.name), type, ColumnSource::kComputed, false, {}}));
    bound.columns.push_back({std::string(column.name), bound.call.outputs.back()});
  }
  return bound;
}

[[noreturn]] void ThrowUnknown(std::string_view name, const std::vector<ExprPtr>& arguments, int position) {
  std::string types, known;
  for (const ExprPtr& argument : arguments) types += (types.empty() ? "" : ", ") + std::string(TypeNameOf(*argument));
  for (const TableFunction& function : FindTableFunctions(name)) {
    std::string signature;
    for (const LogicalType type : function.arguments)
      signature += (signature.empty() ? "" : ", ") + std::string(LogicalTypeName(type));
    known += fmt::format("{}{}({})", known.empty() ? "there is " : ", ", name, signature);
  }
  throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {}({}) does not exist", name, types), known)
      .WithPosition(position);
}

}  // namespace

bool IsTableFunction(const ast::Expr& expr) {
  if (expr.kind != ast::ExprKind::kFunction || expr.parts.size() != 1) return false;
  return !FindTableFunctions(expr.parts[0].text).empty() || FindOverArray(expr.parts[0].text) != nullptr;
}

BoundTableCall BindTableCall(LogicalPlan& plan, std::string_view name, std::vector<ExprPtr> arguments, int position) {
  if (const auto* over = FindOverArray(name)) {
    BoundTableCall bound =
        BindTableCall(plan, "unnest", {ResolveFunction(over->second, std::move(arguments), position)}, position);
    bound.columns[0].name = plan.columns[bound.columns[0].column].name = name;
    return bound;
  }
  if (FindRecordFunction(name) != nullptr) {
    throw Error(ErrorCode::kSyntax, "a column definition list is required for functions returning \"record\"",
                fmt::format("write FROM {}(...) AS t (a integer, b text)", name))
        .WithPosition(position);
  }
  const std::span<const TableFunction> functions = FindTableFunctions(name);
  std::vector<Function> signatures;
  for (const TableFunction& function : functions)
    signatures.push_back({function.name, function.arguments, function.columns[0].type, nullptr});
  const auto chosen = ChooseOverload(signatures, arguments);
  if (!chosen) ThrowUnknown(name, arguments, position);
  return Bound(plan, functions[chosen->index], std::move(arguments), chosen->element);
}

BoundTableCall SingleRow(LogicalPlan& plan, std::string_view name, ExprPtr value) {
  const LogicalType type = value->type;
  const bool dynamic = value->dynamic;
  BoundTableCall bound = Bound(plan, SingleRowFunction(), {std::move(value)}, type);
  PlanColumn& column = plan.columns[bound.columns[0].column];
  column.dynamic = dynamic;
  bound.columns[0].name = column.name = name;
  return bound;
}

const TableFunction* FindRecordFunction(std::string_view name) {
  for (const TableFunction& function : FindTableFunctions(name)) {
    if (function.record) return &function;
  }
  return nullptr;
}

BoundTableCall BindRecordCall(LogicalPlan& plan, const TableFunction& function, ExprPtr argument,
                              const std::vector<std::string>& names, const std::vector<LogicalType>& types) {
  BoundTableCall bound;
  bound.call.function = &function;
  std::vector<Value> values;
  for (size_t i = 0; i < names.size(); ++i) {
    values.emplace_back(names[i]);
    bound.call.outputs.push_back(plan.AddColumn({names[i], types[i], ColumnSource::kComputed, false, {}}));
    bound.columns.push_back({names[i], bound.call.outputs.back()});
  }
  const int position = argument->position;
  bound.call.arguments = {Require(argument, function.arguments[0], fmt::format("argument of {}", function.name)),
                          MakeConstant(Value::OfArray(kText, std::move(values)), ArrayOf(kText), position)};
  return bound;
}

}  // namespace rem::sql

#include "sql/binder/system_functions.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/system_objects.h"
#include "sql/functions/quote.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// What a function of the catalog gives for each number.
using Answers = std::vector<std::pair<int64_t, std::string>>;

ExprPtr Text(std::string_view text, int position) { return MakeConstant(Value(text), kText, position); }
ExprPtr Null(int position) { return MakeConstant(Value(), kText, position); }

// The answer for a number that is known only row by row: the place of the number in one array is that of the answer in
// another.
ExprPtr LookUp(const ExprPtr& number, const Answers& answers, int position) {
  ExprPtr oid = Require(number, kInt, "argument");
  std::vector<Value> numbers, texts;
  for (const auto& [key, text] : answers) {
    numbers.push_back(Value::OfInt(kInt, key));
    texts.emplace_back(text);
  }
  if (numbers.empty()) return Null(position);
  const ExprPtr keys = MakeConstant(Value::OfArray(kInt, std::move(numbers)), ArrayOf(kInt), position);
  const ExprPtr values = MakeConstant(Value::OfArray(kText, std::move(texts)), ArrayOf(kText), position);
  return ResolveSubscript(values, ResolveFunction("array_position", {keys, std::move(oid)}, position), position);
}

Answers ForEachRelation(const CatalogSnapshot& catalog, auto&& answer) {
  Answers answers;
  for (const SystemRelationInfo& relation : DescribeRelations(catalog)) answer(relation, answers);
  return answers;
}

Answers IndexDefinitions(const CatalogSnapshot& catalog) {
  return ForEachRelation(catalog, [](const SystemRelationInfo& relation, Answers& answers) {
    for (const SystemIndexInfo& index : relation.indexes) answers.emplace_back(index.oid, index.definition);
  });
}
Answers ConstraintDefinitions(const CatalogSnapshot& catalog) {
  return ForEachRelation(catalog, [](const SystemRelationInfo& relation, Answers& answers) {
    for (const SystemConstraintInfo& info : relation.constraints) answers.emplace_back(info.oid, info.definition);
  });
}
Answers ViewDefinitions(const CatalogSnapshot& catalog) {
  return ForEachRelation(catalog, [](const SystemRelationInfo& relation, Answers& answers) {
    if (!relation.view_text.empty()) answers.emplace_back(relation.oid, relation.view_text);
  });
}
Answers RelationDescriptions(const CatalogSnapshot& catalog) {
  return ForEachRelation(catalog, [](const SystemRelationInfo& relation, Answers& answers) {
    if (!relation.description.empty()) answers.emplace_back(relation.oid, relation.description);
  });
}
Answers RelationNames(const CatalogSnapshot& catalog) {
  Answers names = ForEachRelation(catalog, [](const SystemRelationInfo& relation, Answers& answers) {
    const bool hidden = relation.name_space == kInformationNamespace;
    answers.emplace_back(relation.oid, (hidden ? "information_schema." : "") + QuoteIdentifier(relation.name));
    for (const SystemIndexInfo& index : relation.indexes) answers.emplace_back(index.oid, QuoteIdentifier(index.name));
  });
  names.emplace_back(0, "-");
  return names;
}
Answers NamespaceNames() {
  Answers names;
  for (const SystemNamespace& one : SystemNamespaces()) names.emplace_back(one.oid, one.name);
  return names;
}
Answers TypeNames() {
  Answers answers;
  for (const SystemType* type = FirstSystemType(); type != EndSystemType(); ++type) {
    for (const int64_t oid : {type->oid, type->array_oid}) answers.emplace_back(oid, FormatSystemType(oid, -1));
  }
  return answers;
}

// col_description(table, column): the pair as one number.
constexpr int64_t kColumnsPerTable = 2048;
ExprPtr ColumnDescription(const std::vector<ExprPtr>& arguments, const CatalogSnapshot& catalog, int position) {
  const Answers answers = ForEachRelation(catalog, [](const SystemRelationInfo& relation, Answers& all) {
    int64_t number = 0;
    for (const SystemColumnInfo& column : relation.columns) {
      ++number;
      if (!column.description.empty()) all.emplace_back(relation.oid * kColumnsPerTable + number, column.description);
    }
  });
  ExprPtr key = ResolveOperator("*", Require(arguments[0], kInt, "argument"),
                                MakeConstant(Value(kColumnsPerTable), kInt, position), position);
  key = ResolveOperator("+", key, Require(arguments[1], kInt, "argument"), position);
  return LookUp(key, answers, position);
}

// Type and modifier as one number.
constexpr int64_t kModifiers = int64_t{1} << 32;

// format_type(oid, typmod), for the modifiers that there are.
ExprPtr FormatType(const std::vector<ExprPtr>& arguments, const CatalogSnapshot& catalog, int position) {
  const auto number = [&](const ExprPtr& value) { return Require(value, kInt, "argument of format_type"); };
  const ExprPtr modifier =
      MakeForm(ExprKind::kCoalesce, kInt, {number(arguments[1]), MakeConstant(Value(-1), kInt, position)}, position);
  if (arguments[0]->kind == ExprKind::kConstant && arguments[1]->kind == ExprKind::kConstant &&
      !arguments[0]->value.IsNull()) {
    const Value& given = arguments[1]->value;
    return Text(FormatSystemType(number(arguments[0])->value.AsInt(),
                                 given.IsNull() ? -1 : number(arguments[1])->value.AsInt()),
                position);
  }
  Answers answers = ForEachRelation(catalog, [](const SystemRelationInfo& relation, Answers& all) {
    for (const SystemColumnInfo& column : relation.columns) {
      if (column.type.modifier >= 0)
        all.emplace_back(column.type.oid() * kModifiers + column.type.modifier,
                         FormatSystemType(column.type.oid(), column.type.modifier));
    }
  });
  for (const auto& [oid, name] : TypeNames()) answers.emplace_back(oid * kModifiers - 1, name);
  const ExprPtr key = ResolveOperator(
      "+", ResolveOperator("*", number(arguments[0]), MakeConstant(Value(kModifiers), kInt, position), position),
      modifier, position);
  return LookUp(key, answers, position);
}

[[noreturn]] void ThrowComputedName(std::string_view type, int position) {
  throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: a computed name as {}", type),
              "write the name as a literal, or join pg_class by relname")
      .WithPosition(position);
}

}  // namespace

ExprPtr RegclassName(const ExprPtr& oid, const CatalogSnapshot& catalog, int position) {
  ExprPtr name = LookUp(oid, RelationNames(catalog), position);
  return MakeForm(ExprKind::kCoalesce, kText, {std::move(name), ResolveCast(oid, "text", position)}, position);
}

ExprPtr SystemTypeNumber(std::string_view name, int position) {
  const bool array = name.ends_with("[]");
  const SystemType* type = FindSystemType(array ? name.substr(0, name.size() - 2) : name);
  if (type == nullptr) return Null(position);
  return MakeConstant(Value(array ? type->array_oid : type->oid), kInt, position);
}

bool IsRegclass(const ast::Expr& expr) {
  if (expr.kind == ast::ExprKind::kFunction)
    return expr.parts.size() == 1 && expr.parts[0].text == "to_regclass" && expr.arguments.size() == 1;
  return expr.kind == ast::ExprKind::kCast && IsSystemTypeName(*expr.type) && expr.type->name == "regclass";
}

bool IsSystemTypeName(const ast::TypeName& type) {
  return type.dimensions == 0 && type.modifiers.empty() &&
         (type.name == "oid" || type.name == "regclass" || type.name == "regtype" || type.name == "regnamespace" ||
          type.name == "regrole");
}

ExprPtr CastToSystemType(const ExprPtr& value, std::string_view type, const CatalogSnapshot& catalog, int position) {
  const bool named = value->type == kText;
  if (type == "oid" || !named) {
    if (type == "regtype") return LookUp(value, TypeNames(), position);
    if (type == "regnamespace") return LookUp(value, NamespaceNames(), position);
    if (type == "regrole") return LookUp(value, {{kOwner, "rem"}}, position);
    return ResolveCast(value, "bigint", position);
  }
  if (value->kind != ExprKind::kConstant) ThrowComputedName(type, position);
  if (value->value.IsNull()) return MakeConstant(Value(), type == "regclass" ? kInt : kText, position);
  const std::string& name = value->value.AsText();
  if (type == "regclass") {
    if (const auto number = ParseInt(name)) return MakeConstant(Value(*number), kInt, position);
    const int64_t oid = FindRelationOid(DescribeRelations(catalog), name);
    if (oid == 0)
      throw Error(ErrorCode::kTableNotFound, fmt::format("relation \"{}\" does not exist", name),
                  "pg_class lists the relations")
          .WithPosition(position);
    return MakeConstant(Value(oid), kInt, position);
  }
  if (type == "regtype") {
    const bool array = name.ends_with("[]");
    const SystemType* found = FindSystemType(array ? name.substr(0, name.size() - 2) : name);
    if (found == nullptr)
      throw Error(ErrorCode::kNotFound, fmt::format("type \"{}\" does not exist", name), "pg_type lists the types")
          .WithSqlState("42704")
          .WithPosition(position);
    return Text(FormatSystemType(array ? found->array_oid : found->oid, -1), position);
  }
  if (type == "regnamespace") {
    if (std::ranges::any_of(SystemNamespaces(), [&](const SystemNamespace& one) { return one.name == name; }))
      return Text(name, position);
    throw Error(ErrorCode::kNotFound, fmt::format("schema \"{}\" does not exist", name), "there is public")
        .WithSqlState("3F000")
        .WithPosition(position);
  }
  if (name == "rem") return Text(name, position);
  throw Error(ErrorCode::kNotFound, fmt::format("role \"{}\" does not exist", name), "there is rem")
      .WithSqlState("42704")
      .WithPosition(position);
}

ExprPtr BindSystemFunction(std::string_view name, const std::vector<ExprPtr>& arguments, const CatalogSnapshot& catalog,
                           int position) {
  const size_t count = arguments.size();
  const auto is = [&](std::string_view wanted, size_t least, size_t most) {
    return name == wanted && count >= least && count <= most;
  };
  if (is("pg_get_indexdef", 1, 1)) return LookUp(arguments[0], IndexDefinitions(catalog), position);
  if (is("pg_get_constraintdef", 1, 2)) return LookUp(arguments[0], ConstraintDefinitions(catalog), position);
  if (is("pg_get_viewdef", 1, 2) && arguments[0]->type != kText)
    return LookUp(arguments[0], ViewDefinitions(catalog), position);
  if (is("pg_get_expr", 2, 3)) return Require(arguments[0], kText, "argument of pg_get_expr");
  if (is("pg_get_userbyid", 1, 1)) return LookUp(arguments[0], {{kOwner, "rem"}}, position);
  if (is("obj_description", 1, 2)) return LookUp(arguments[0], RelationDescriptions(catalog), position);
  if (is("col_description", 2, 2)) return ColumnDescription(arguments, catalog, position);
  if (is("format_type", 2, 2)) return FormatType(arguments, catalog, position);
  if (is("pg_type_is_visible", 1, 1) || is("pg_function_is_visible", 1, 1))
    return MakeConstant(Value(true), kBool, position);
  if (is("pg_table_is_visible", 1, 1)) {
    const Answers visible = ForEachRelation(catalog, [](const SystemRelationInfo& relation, Answers& answers) {
      if (relation.name_space != kInformationNamespace) answers.emplace_back(relation.oid, "visible");
    });
    const LogicalType types[] = {kText};
    return MakeCall(FindOverload("is not null", types), {LookUp(arguments[0], visible, position)}, position);
  }
  if (is("to_regclass", 1, 1) && arguments[0]->type == kText) {
    if (arguments[0]->kind != ExprKind::kConstant) ThrowComputedName("regclass", position);
    if (arguments[0]->value.IsNull()) return MakeConstant(Value(), kInt, position);
    const int64_t oid = FindRelationOid(DescribeRelations(catalog), arguments[0]->value.AsText());
    return MakeConstant(oid == 0 ? Value() : Value(oid), kInt, position);
  }
  return nullptr;
}

}  // namespace rem::sql

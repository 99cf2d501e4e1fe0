#include "sql/binder/expression_binder.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/query_binder.h"
#include "sql/binder/system_functions.h"
#include "sql/parser/ast_limits.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// Nodes that the copies of one repeated operand may have together.
constexpr size_t kMaxRepeatedNodes = 100'000;

void CountNodes(const Expr& expr, size_t& nodes) {
  if (++nodes > kMaxRepeatedNodes) return;
  for (const ExprPtr& argument : expr.arguments) {
    CountNodes(*argument, nodes);
    if (nodes > kMaxRepeatedNodes) return;
  }
}

// NULLIF, BETWEEN, CASE x WHEN and some IN lists name their operand several times. Inside each other they would grow
// without bound.
void CheckRepeated(const Expr& expr, size_t times, int position) {
  size_t nodes = 0;
  CountNodes(expr, nodes);
  if (nodes * times <= kMaxRepeatedNodes) return;
  throw Error(ErrorCode::kLimitExceeded, "expression is too large: NULLIF, BETWEEN or CASE inside each other",
              "write nested ones apart")
      .WithPosition(position);
}

// A number as the operator = takes it beside one of another type: those without an operator of their own for both types
// are converted.
ExprPtr AsComparedNumber(const ExprPtr& value, LogicalType other) {
  const LogicalType type = value->type;
  if (!IsNumber(type) || !IsNumber(other) || type == other || (IsInteger(type) && IsInteger(other))) return value;
  const auto is_double = [](LogicalType one) { return one == kReal || one == kDouble; };
  if (is_double(type) && is_double(other)) return value;
  return Coerce(value, is_double(type) || is_double(other) ? kDouble : kNumeric);
}

// "numeric(10,2)", "date[]".
std::string SpelledType(const ast::TypeName& type) {
  std::string text = type.name;
  // The grammar gives interval a mask of fields.
  if (type.dimensions > 1 || (type.name == "interval" && type.modifiers.size() > 1)) {
    throw Error(ErrorCode::kNotSupported,
                "not supported yet: arrays of intervals of some fields, arrays of several dimensions",
                "cast to the type without them")
        .WithPosition(type.position);
  }
  for (size_t i = 0; i < type.modifiers.size(); ++i) text += fmt::format("{}{}", i == 0 ? "(" : ",", type.modifiers[i]);
  if (!type.modifiers.empty()) text += ")";
  return type.dimensions > 0 ? text + "[]" : text;
}

// INTERVAL YEAR TO MONTH and its kin, with a precision where one was written: modifiers are the mask and the precision.
bool IsIntervalOfFields(const ast::TypeName& type) {
  return type.name == "interval" && type.modifiers.size() == 2 && type.dimensions == 0;
}
ExprPtr CastToIntervalOfFields(const ExprPtr& value, const ast::TypeName& type, int position) {
  const bool literal = value->unknown && value->kind == sql::ExprKind::kConstant;
  if (!literal && (value->unknown || value->type == LogicalType::kText)) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: a computed text as an interval of some fields",
                "cast it to interval first")
        .WithPosition(position);
  }
  ExprPtr cast = ResolveFunction(
      "interval fields",
      {ResolveCast(value, "interval", position), MakeConstant(Value(type.modifiers[0]), kInt, position)}, position);
  if (type.modifiers[1] < 0) return cast;
  return ResolveCast(cast, fmt::format("interval({})", type.modifiers[1]), position);
}

}  // namespace

void SplitConjuncts(const ast::Expr& expr, std::vector<const ast::Expr*>& out) {
  if (expr.kind == ast::ExprKind::kAnd) {
    for (const auto& argument : expr.arguments) SplitConjuncts(*argument, out);
  } else {
    out.push_back(&expr);
  }
}

ExpressionBinder::ExpressionBinder(QueryBinder& queries, QueryScope& scope)
    : queries_(queries),
      plan_(queries.plan()),
      scope_(scope),
      parameters_(queries.parameters()),
      options_(queries.options()) {}

void ExpressionBinder::BindConjuncts(const ast::Expr& expr, std::string_view what, std::vector<ExprPtr>& out) {
  std::vector<const ast::Expr*> conjuncts;
  SplitConjuncts(expr, conjuncts);
  for (const ast::Expr* conjunct : conjuncts) out.push_back(BindBoolean(*conjunct, what));
}

ExprPtr ExpressionBinder::Bind(const ast::Expr& expr) {
  if (++depth_ > kMaxExpressionDepth) {
    throw Error(ErrorCode::kLimitExceeded, "expression is nested too deeply",
                fmt::format("expressions nest at most {} deep", kMaxExpressionDepth))
        .WithPosition(expr.position);
  }
  ExprPtr bound = BindNode(expr);
  --depth_;
  return bound;
}

ExprPtr ExpressionBinder::BindBoolean(const ast::Expr& expr, std::string_view what) {
  const size_t sets = sets_seen_;
  ExprPtr bound = Bind(expr);
  if (sets_seen_ > sets)
    throw Error(ErrorCode::kTypeMismatch, fmt::format("argument of {} must not return a set", what),
                "move the set-returning function into a LATERAL FROM item")
        .WithPosition(expr.position);
  return Require(bound, kBool, fmt::format("argument of {}", what));
}

ExprPtr ExpressionBinder::BindNode(const ast::Expr& expr) {
  using enum ast::ExprKind;
  const auto unknown = [&](Value value) {
    auto literal = std::make_shared<Expr>(*MakeConstant(std::move(value), kText, expr.position));
    literal->unknown = true;
    return literal;
  };
  switch (expr.kind) {
    case ast::ExprKind::kNull:
      return unknown(Value());
    case ast::ExprKind::kBool:
      return MakeConstant(Value(expr.number != 0), LogicalType::kBool, expr.position);
    case kInteger:
      return BindInteger(expr, false);
    case kDecimal:
      return MakeConstant(CastValue(Value(expr.text), kNumeric), kNumeric, expr.position);
    case kString:
      return unknown(Value(expr.text));
    case kParameter:
      return BindParameter(expr);
    case kColumn:
      return BindColumn(expr);
    case kStar:
      throw Error(ErrorCode::kSyntax, "* cannot stand here", "write count(*), or SELECT *").WithPosition(expr.position);
    case kOperator:
      return BindOperator(expr);
    case kSubscript: {
      ExprPtr base = Bind(*expr.arguments[0]);
      return ResolveSubscript(base, Bind(*expr.arguments[1]), expr.position);
    }
    case kAnd:
    case kOr: {
      const bool is_and = expr.kind == kAnd;
      std::vector<ExprPtr> arguments;
      for (const auto& argument : expr.arguments) arguments.push_back(BindBoolean(*argument, is_and ? "AND" : "OR"));
      return MakeForm(is_and ? sql::ExprKind::kAnd : sql::ExprKind::kOr, LogicalType::kBool, std::move(arguments),
                      expr.position);
    }
    case kNot:
      return MakeNot(BindBoolean(*expr.arguments[0], "NOT"));
    case kIsTest:
      return BindTest(expr);
    case kIn:
      return BindIn(expr);
    case kBetween:
      return BindBetween(expr);
    case kCase:
    case kCaseOf: {
      const size_t sets = sets_seen_;
      ExprPtr bound = BindCase(expr);
      CheckNoSets(sets, "CASE", expr.position);
      return bound;
    }
    case kCast:
      return BindCast(expr);
    case kFunction:
      return BindFunction(expr);
    case kCoalesce:
      return BindCoalesce(expr);
    case kNullIf: {
      ExprPtr value = Bind(*expr.arguments[0]);
      ExprPtr other = Bind(*expr.arguments[1]);
      CheckRepeated(*value, 2, expr.position);
      ExprPtr equal = ResolveOperator("=", value, other, expr.position);
      // The literal has taken the type of the comparison, and so does a number that was converted for it.
      if (value->unknown) value = Settle(value);
      if (!value->dynamic && !other->dynamic && !other->unknown) value = AsComparedNumber(value, other->type);
      const LogicalType type = value->type;
      auto form = std::make_shared<Expr>(
          *MakeForm(sql::ExprKind::kCase, type, {equal, MakeConstant(Value(), type), value}, expr.position));
      form->dynamic = value->dynamic;
      return form;
    }
    case kGrouping:
      return BindGrouping(expr);
    case kSubquery:
      return BindSubquery(expr);
    case kQuantified:
      return BindQuantified(expr);
    case kGreatest:
    case kLeast:
    case kArray:
      return BindList(expr);
    case kField:
      return BindField(expr);
    case kSlice:
      return BindSlice(expr);
    case kRow:
      break;
  }
  throw Error(ErrorCode::kNotSupported, "not supported yet: this kind of expression",
              "docs/sql/overview.md lists the expressions that work")
      .WithPosition(expr.position);
}

ExprPtr ExpressionBinder::BindCast(const ast::Expr& expr) {
  const ast::Expr& operand = *expr.arguments[0];
  // ARRAY[]::integer[] takes the type from here.
  if (operand.kind == ast::ExprKind::kArray && operand.arguments.empty() && expr.type->dimensions > 0) {
    auto empty = std::make_shared<Expr>(*MakeConstant(Value("{}"), kText, expr.position));
    empty->unknown = true;
    return ResolveCast(empty, SpelledType(*expr.type), expr.position);
  }
  if (IsSystemTypeName(*expr.type) || IsRegclass(operand) ||
      (operand.kind == ast::ExprKind::kCast && IsSystemTypeName(*operand.type)))
    return BindSystemCast(expr);
  if (expr.type->name == "jsonpath" && expr.type->dimensions == 0)
    return ResolveFunction("jsonpath", {Require(Bind(operand), kText, "jsonpath")}, expr.position);
  if (IsIntervalOfFields(*expr.type)) return CastToIntervalOfFields(Bind(operand), *expr.type, expr.position);
  return ResolveCast(Bind(operand), SpelledType(*expr.type), expr.position);
}

// A regclass is a number, but shown, and as a text, the name that it stands for.
ExprPtr ExpressionBinder::BindSystemCast(const ast::Expr& expr) {
  const ast::Expr& inner = *expr.arguments[0];
  if (!IsSystemTypeName(*expr.type)) {
    const ExprPtr value = Bind(inner);
    if (IsRegclass(inner) && expr.type->dimensions == 0 &&
        (expr.type->name == "text" || expr.type->name == "varchar" || expr.type->name == "name"))
      return RegclassName(value, queries_.catalog(), expr.position);
    return ResolveCast(value, SpelledType(*expr.type), expr.position);
  }
  ExprPtr value;
  const bool type_of_name = expr.type->name == "oid" && inner.kind == ast::ExprKind::kCast &&
                            inner.type->name == "regtype" && inner.arguments[0]->kind == ast::ExprKind::kString;
  if (type_of_name) return SystemTypeNumber(Bind(inner)->value.AsText(), expr.position);
  value = Bind(inner);
  if (value->kind == sql::ExprKind::kParameter && value->unknown) {
    // The name decides what the plan is.
    value = MakeConstant(parameters_[value->parameter], LogicalType::kText, expr.position);
    plan_.depends_on_values = true;
  }
  return CastToSystemType(value, expr.type->name, queries_.catalog(), expr.position);
}

ExprPtr ExpressionBinder::BindShown(const ast::Expr& expr) {
  ExprPtr value = Bind(expr);
  return IsRegclass(expr) ? RegclassName(value, queries_.catalog(), expr.position) : value;
}

ExprPtr ExpressionBinder::BindCoalesce(const ast::Expr& expr) {
  std::vector<ExprPtr> arguments;
  std::vector<ExprPtr*> all;
  const size_t sets = sets_seen_;
  for (const auto& argument : expr.arguments) arguments.push_back(Bind(*argument));
  CheckNoSets(sets, "COALESCE", expr.position);
  for (ExprPtr& argument : arguments) all.push_back(&argument);
  const LogicalType type = Unify(all, "COALESCE");
  const bool dynamic = std::ranges::all_of(arguments, [](const ExprPtr& argument) { return argument->dynamic; });
  auto form = std::make_shared<Expr>(*MakeForm(sql::ExprKind::kCoalesce, type, std::move(arguments), expr.position));
  form->dynamic = dynamic;
  return form;
}

ExprPtr ExpressionBinder::BindList(const ast::Expr& expr) {
  std::vector<ExprPtr> arguments;
  for (const auto& argument : expr.arguments) arguments.push_back(Bind(*argument));
  if (arguments.empty()) {
    throw Error(ErrorCode::kTypeMismatch, "cannot determine type of empty array", "write the type: '{}'::integer[]")
        .WithPosition(expr.position);
  }
  const char* name = expr.kind == ast::ExprKind::kGreatest ? "greatest"
                     : expr.kind == ast::ExprKind::kLeast  ? "least"
                                                           : "array";
  return ResolveFunction(name, std::move(arguments), expr.position);
}

ExprPtr ExpressionBinder::BindInteger(const ast::Expr& expr, bool negative) {
  const std::string text = (negative ? "-" : "") + expr.text;
  const auto value = ParseInt(text);
  if (!value) return MakeConstant(CastValue(Value(text), kNumeric), kNumeric, expr.position);
  const LogicalType type = *value >= INT32_MIN && *value <= INT32_MAX ? LogicalType::kInteger : kInt;
  return MakeConstant(Value::OfInt(type, *value), type, expr.position);
}

ExprPtr ExpressionBinder::BindParameter(const ast::Expr& expr) {
  const size_t index = static_cast<size_t>(expr.number) - 1;
  if (index >= parameters_.size()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("there is no parameter ${}", expr.number),
                fmt::format("{} values were passed", parameters_.size()))
        .WithPosition(expr.position);
  }
  auto parameter = std::make_shared<Expr>();
  parameter->kind = sql::ExprKind::kParameter;
  parameter->parameter = static_cast<uint32_t>(index);
  parameter->position = expr.position;
  const LogicalType type = parameters_[index].type();
  parameter->unknown = type == LogicalType::kNull || type == kText;
  parameter->type = parameter->unknown ? kText : type;
  return parameter;
}

ExprPtr ExpressionBinder::BindColumn(const ast::Expr& expr) {
  if (expr.parts.size() == 1 && expr.parts[0].text == "_score") {
    if (rank_) return MakeColumn(rank_column_, kDouble, false, expr.position);
    throw Error(ErrorCode::kColumnNotFound, "column \"_score\" does not exist",
                "_score needs a ranking predicate: WHERE embedding.cosine('text')")
        .WithPosition(expr.position);
  }
  if (ExprPtr column = scope_.Find(expr.parts, expr.position)) return column;
  if (expr.parts.size() == 1 && expr.parts[0].quoted && options_.quoted_names_as_text) {
    auto literal = std::make_shared<Expr>(*MakeConstant(Value(expr.parts[0].text), kText, expr.position));
    literal->unknown = true;
    return literal;
  }
  if (expr.parts.size() == 1 && scope_.FindRelation(expr.parts[0]) != nullptr) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: a whole row as a value", "name its columns")
        .WithPosition(expr.position);
  }
  scope_.ThrowUnknown(expr.parts, expr.position);
}

ExprPtr ExpressionBinder::BindOperator(const ast::Expr& expr) {
  if (expr.arguments.size() == 1) {
    const ast::Expr& operand = *expr.arguments[0];
    if (expr.text == "-" && operand.kind == ast::ExprKind::kInteger) return BindInteger(operand, true);
    if (expr.text == "-" && operand.kind == ast::ExprKind::kDecimal)
      return MakeConstant(CastValue(Value("-" + operand.text), kNumeric), kNumeric, expr.position);
    ExprPtr argument = Bind(operand);
    if (argument->unknown || argument->dynamic) argument = Coerce(argument, kDouble);
    return ResolveFunction(expr.text, {argument}, expr.position);
  }
  if (expr.text == "~~" || expr.text == "!~~" || expr.text == "~~*" || expr.text == "!~~*") return BindLike(expr);
  if (IsRow(*expr.arguments[0]) && IsRow(*expr.arguments[1]))
    return CompareRecords(expr.text, *expr.arguments[0], *expr.arguments[1], expr.position);
  const auto side = [&](const ast::Expr& one) { return expr.text == "||" ? BindShown(one) : Bind(one); };
  ExprPtr left = side(*expr.arguments[0]);
  return ResolveOperator(expr.text, std::move(left), side(*expr.arguments[1]), expr.position);
}

ExprPtr ExpressionBinder::BindLike(const ast::Expr& expr) {
  std::vector<ExprPtr> arguments = {Bind(*expr.arguments[0])};
  const ast::Expr& pattern = *expr.arguments[1];
  // ESCAPE comes as a function of the pattern.
  if (pattern.kind == ast::ExprKind::kFunction && pattern.parts.size() == 1 && pattern.parts[0].text == "like_escape" &&
      pattern.arguments.size() == 2) {
    arguments.push_back(Bind(*pattern.arguments[0]));
    arguments.push_back(Bind(*pattern.arguments[1]));
  } else {
    arguments.push_back(Bind(pattern));
  }
  return ResolveFunction(expr.text, std::move(arguments), expr.position);
}

ExprPtr ExpressionBinder::BindTest(const ast::Expr& expr) {
  const bool null_test = expr.text == "is null" || expr.text == "is not null";
  if (IsRow(*expr.arguments[0]) && (null_test || expr.arguments.size() == 2)) {
    if (expr.arguments.size() == 2)
      return DistinctRows(expr.text, *expr.arguments[0], *expr.arguments[1], expr.position);
    if (const auto row = BindFields(*expr.arguments[0])) return TestRow(*row, expr.text, expr.position);
  }
  std::vector<ExprPtr> arguments;
  for (const auto& argument : expr.arguments) arguments.push_back(Bind(*argument));
  if (!null_test && arguments.size() == 1) arguments[0] = Require(arguments[0], kBool, "argument of " + expr.text);
  if (expr.negated) arguments[0] = Require(arguments[0], kBool, "argument of IS UNKNOWN");
  return TestValues(expr.text, std::move(arguments), expr.position);
}

ExprPtr ExpressionBinder::TestValues(std::string_view test, std::vector<ExprPtr> arguments, int position) {
  if (arguments.size() == 2) Unify({&arguments[0], &arguments[1]}, "IS DISTINCT FROM");
  arguments[0] = Settle(arguments[0]);
  for (const Function& function : FindFunctions(test)) {
    const bool same = function.arguments[0] == arguments[0]->type || function.arguments[0] == LogicalType::kAny;
    if (same) return MakeCall(&function, std::move(arguments), position);
  }
  throw Error(ErrorCode::kTypeMismatch, fmt::format("type {} has no test {}", TypeNameOf(*arguments[0]), test),
              "cast the value")
      .WithPosition(position);
}

// a[low:high], where a bound that is not there is the array's own.
ExprPtr ExpressionBinder::BindSlice(const ast::Expr& expr) {
  std::vector<ExprPtr> arguments = {Bind(*expr.arguments[0])};
  if (!IsArray(arguments[0]->type)) {
    throw Error(ErrorCode::kTypeMismatch,
                arguments[0]->type == kJson
                    ? "jsonb subscript does not support slices"
                    : fmt::format("cannot subscript type {} because it does not support subscripting",
                                  TypeNameOf(*arguments[0])),
                "only arrays have slices")
        .WithPosition(expr.position);
  }
  const int64_t whole[] = {1, INT32_MAX};
  for (size_t i = 1; i < 3; ++i) {
    const ast::ExprPtr& bound = expr.arguments[i];
    arguments.push_back(bound != nullptr ? Bind(*bound)
                                         : MakeConstant(Value::OfInt(LogicalType::kInteger, whole[i - 1]),
                                                        LogicalType::kInteger, expr.position));
  }
  return ResolveFunction("slice", std::move(arguments), expr.position);
}

ExprPtr ExpressionBinder::BindIn(const ast::Expr& expr) {
  if (IsRow(*expr.arguments[0])) {
    std::vector<ExprPtr> tests;
    for (size_t i = 1; i < expr.arguments.size(); ++i)
      tests.push_back(CompareRecords("=", *expr.arguments[0], *expr.arguments[i], expr.position));
    ExprPtr any = tests.size() == 1 ? tests[0] : MakeForm(sql::ExprKind::kOr, kBool, std::move(tests), expr.position);
    return expr.negated ? MakeNot(any) : any;
  }
  ExprPtr value = Bind(*expr.arguments[0]);
  std::vector<ExprPtr> items;
  for (size_t i = 1; i < expr.arguments.size(); ++i) items.push_back(Bind(*expr.arguments[i]));
  if (value->unknown) {
    const auto typed = std::ranges::find_if(items, [](const ExprPtr& item) { return !item->unknown; });
    value = typed == items.end() ? Settle(value) : Coerce(value, (*typed)->type);
  }
  std::vector<ExprPtr> set = {value};
  if (value != nullptr && !value->dynamic) {
    for (const ExprPtr& item : items) {
      const bool fixed = item->kind == sql::ExprKind::kConstant || item->kind == sql::ExprKind::kParameter;
      if (!fixed) break;
      // Only where the literal becomes the value's type does one lookup in a set say the same as comparing.
      const ExprPtr same = IsInteger(value->type) && item->kind == sql::ExprKind::kConstant && IsInteger(item->type)
                               ? LiteralBesideInteger(item, value->type)
                               : item;
      const bool to_double = value->type == kDouble && same->kind == sql::ExprKind::kConstant &&
                             (same->type == kNumeric || IsInteger(same->type));
      if (!same->unknown && same->type != value->type && !to_double) break;
      set.push_back(Coerce(same, value->type));
    }
  }
  ExprPtr result;
  if (set.size() == items.size() + 1) {
    result = MakeForm(sql::ExprKind::kIn, kBool, std::move(set), expr.position);
  } else {
    CheckRepeated(*value, items.size(), expr.position);
    std::vector<ExprPtr> tests;
    for (ExprPtr& item : items) tests.push_back(ResolveOperator("=", value, std::move(item), expr.position));
    result = tests.size() == 1 ? tests[0] : MakeForm(sql::ExprKind::kOr, kBool, std::move(tests), expr.position);
  }
  return expr.negated ? MakeNot(result) : result;
}

ExprPtr ExpressionBinder::BindBetween(const ast::Expr& expr) {
  if (expr.arguments[0]->kind == ast::ExprKind::kRow && !expr.symmetric) {
    const auto side = [&](std::string_view sign, size_t bound) {
      return CompareRecords(sign, *expr.arguments[0], *expr.arguments[bound], expr.position);
    };
    const ExprPtr between = MakeForm(sql::ExprKind::kAnd, kBool, {side(">=", 1), side("<=", 2)}, expr.position);
    return expr.negated ? MakeNot(between) : between;
  }
  const ExprPtr value = Bind(*expr.arguments[0]), low = Bind(*expr.arguments[1]), high = Bind(*expr.arguments[2]);
  for (const ExprPtr& operand : {value, low, high}) CheckRepeated(*operand, expr.symmetric ? 4 : 2, expr.position);
  const auto between = [&](const ExprPtr& from, const ExprPtr& to) {
    return MakeForm(
        sql::ExprKind::kAnd, kBool,
        {ResolveOperator(">=", value, from, expr.position), ResolveOperator("<=", value, to, expr.position)},
        expr.position);
  };
  ExprPtr result = between(low, high);
  if (expr.symmetric) result = MakeForm(sql::ExprKind::kOr, kBool, {result, between(high, low)}, expr.position);
  return expr.negated ? MakeNot(result) : result;
}

ExprPtr ExpressionBinder::BindCase(const ast::Expr& expr) {
  const bool of = expr.kind == ast::ExprKind::kCaseOf;
  const ExprPtr operand = of ? Bind(*expr.arguments[0]) : nullptr;
  if (of) CheckRepeated(*operand, expr.arguments.size() / 2, expr.position);
  std::vector<ExprPtr> arguments;
  for (size_t i = of ? 1 : 0; i + 1 < expr.arguments.size(); i += 2) {
    const ast::Expr& when = *expr.arguments[i];
    arguments.push_back(of ? ResolveOperator("=", operand, Bind(when), when.position) : BindBoolean(when, "CASE/WHEN"));
    arguments.push_back(Bind(*expr.arguments[i + 1]));
  }
  arguments.push_back(Bind(*expr.arguments.back()));
  std::vector<ExprPtr*> results;
  for (size_t i = 1; i < arguments.size(); i += 2) results.push_back(&arguments[i]);
  results.push_back(&arguments.back());
  const LogicalType type = Unify(results, "CASE");
  const bool dynamic = std::ranges::all_of(results, [](const ExprPtr* result) { return (*result)->dynamic; });
  auto form = std::make_shared<Expr>(*MakeForm(sql::ExprKind::kCase, type, std::move(arguments), expr.position));
  form->dynamic = dynamic;
  return form;
}

}  // namespace rem::sql

#include "sql/binder/coercion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/check.h"
#include "base/nearest.h"
#include "types/cast.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;

const Function* FindExtract(LogicalType type) {
  for (const Function& function : FindFunctions("extract")) {
    if (function.arguments.size() == 1 && function.result == type) return &function;
  }
  return nullptr;
}

ExprPtr WithType(const Expr& expr, LogicalType type) {
  auto typed = std::make_shared<Expr>(expr);
  typed->type = type;
  typed->unknown = false;
  return typed;
}

// 'now', 'today', 'tomorrow' and 'yesterday' are calls, so that a kept plan does not keep the day it was made on.
ExprPtr ClockLiteral(const Expr& expr, LogicalType type) {
  const bool date = type == kDate, time = type == kTimestamp || type == kLocalTimestamp;
  if ((!date && !time) || expr.value.type() != kText) return nullptr;
  std::string word = expr.value.AsText();
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const int days = word == "tomorrow" ? 1 : word == "yesterday" ? -1 : 0;
  if (word != "now" && word != "today" && days == 0) return nullptr;
  ExprPtr call = ResolveFunction(word == "now" ? "now" : "current_date", {}, expr.position);
  if (days != 0) {
    call = ResolveOperator("+", call, MakeConstant(Value::OfInt(kInteger, days), kInteger), expr.position);
  }
  if (call->type == type) return call;
  return MakeCall(FindCast(call->type, type), {call}, expr.position);
}

ExprPtr CastLiteral(const Expr& expr, LogicalType type) {
  if (expr.kind == ExprKind::kParameter || expr.value.IsNull()) return WithType(expr, type);
  if (ExprPtr clock = ClockLiteral(expr, type)) return clock;
  try {
    return MakeConstant(CastValue(expr.value, type), type, expr.position);
  } catch (const Error& error) {
    throw Error(error).WithPosition(expr.position);
  }
}

bool IsPolymorphic(LogicalType type) { return ElementOf(type) == kAnyElement; }
bool IsPreferred(LogicalType type) {
  return type == kDouble || type == kText || type == kTimestamp || type == kInterval || type == kBool;
}
bool CastsImplicitly(LogicalType from, LogicalType to) { return CastLevelOf(from, to) == CastLevel::kImplicit; }

// The wider of two types that one converts to the other without being asked; nullopt where neither does.
std::optional<LogicalType> CommonType(LogicalType a, LogicalType b) {
  if (a == b) return a;
  if (CastsImplicitly(a, b)) return b;
  if (CastsImplicitly(b, a)) return a;
  return std::nullopt;
}

/// How well an overload suits the arguments: PostgreSQL's rules, the first difference decides.
struct Fit {
  int exact = 0;      // Arguments that have the type already.
  int preferred = 0;  // Others that become the preferred type of their kind.
  int texts = 0;      // Literals without a type that become a text.
  int extracts = 0;   // Values reached by a path: the lower, the better.

  bool operator>(const Fit& other) const {
    if (exact != other.exact) return exact > other.exact;
    if (texts != other.texts) return texts > other.texts;
    if (extracts != other.extracts) return extracts < other.extracts;
    return preferred > other.preferred;
  }
};

bool AddFit(const Expr& expr, LogicalType type, Fit& fit) {
  if (type == kAny) return true;
  if (expr.unknown) {
    fit.texts += type == kText;
    return true;
  }
  if (expr.type == type) {
    ++fit.exact;
    return true;
  }
  if (CastsImplicitly(expr.type, type)) {
    fit.preferred += IsPreferred(type);
    return true;
  }
  if (expr.dynamic && FindExtract(type) != nullptr) {
    fit.extracts += type == kText ? 2 : type == kDouble ? 3 : 4;
    return true;
  }
  return false;
}

// The types that a call of `function` with these arguments has; empty where it does not take them.
struct Match {
  std::vector<LogicalType> types;
  LogicalType result = kText;
  LogicalType element = kText;  // What anyelement stands for.
  Fit fit;
};

// What anyelement stands for.
bool FindElement(const Function& function, const std::vector<ExprPtr>& arguments, LogicalType& element) {
  std::optional<LogicalType> found;
  const auto parameter = [&](size_t i) { return function.arguments[std::min(i, function.arguments.size() - 1)]; };
  bool any = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const LogicalType type = parameter(i);
    if (!IsPolymorphic(type)) continue;
    any = true;
    const Expr& expr = *arguments[i];
    if (expr.unknown) continue;
    if (IsArray(type) != IsArray(expr.type)) return false;
    const LogicalType one = IsArray(type) ? ElementOf(expr.type) : expr.type;
    const auto common = found ? CommonType(*found, one) : one;
    if (!common) return false;
    found = common;
  }
  if (!found) found = kText;
  element = *found;
  return any;
}

// Functions that show any value as a text take what a path reached as ->> gives it.
bool ShownAsText(const Function& function, const Expr& argument) {
  return argument.dynamic && function.result == kText && function.name != "pg_typeof";
}

std::optional<Match> MatchArguments(const Function& function, const std::vector<ExprPtr>& arguments) {
  const size_t declared = function.arguments.size();
  if (function.variadic ? arguments.size() + 1 < declared : arguments.size() != declared) return std::nullopt;
  Match match;
  match.result = function.result;
  LogicalType element = kText;
  const bool polymorphic = std::ranges::any_of(function.arguments, IsPolymorphic);
  if (polymorphic && !FindElement(function, arguments, element)) return std::nullopt;
  for (size_t i = 0; i < arguments.size(); ++i) {
    LogicalType type = function.arguments[std::min(i, declared - 1)];
    if (IsPolymorphic(type)) type = IsArray(type) ? ArrayOf(element) : element;
    if (!AddFit(*arguments[i], type, match.fit)) return std::nullopt;
    if (type == kAny) type = ShownAsText(function, *arguments[i]) ? kText : arguments[i]->type;
    match.types.push_back(type);
  }
  if (IsPolymorphic(match.result)) match.result = IsArray(match.result) ? ArrayOf(element) : element;
  match.element = element;
  return match;
}

std::string Signature(std::string_view name, const std::vector<ExprPtr>& arguments) {
  std::string text = fmt::format("{}(", name);
  for (size_t i = 0; i < arguments.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", TypeNameOf(*arguments[i]));
  return text + ")";
}

std::string OverloadHint(std::string_view name) {
  std::string hint;
  for (const Function& function : FindFunctions(name)) {
    if (function.internal) continue;
    std::string arguments;
    for (const LogicalType type : function.arguments)
      arguments += fmt::format("{}{}", arguments.empty() ? "" : ", ", LogicalTypeName(type));
    hint += fmt::format("{}{}({})", hint.empty() ? "there is " : ", ", name, arguments);
  }
  return hint;
}

const Function* BestOf(std::span<const Function> overloads, const std::vector<ExprPtr>& arguments) {
  const Function* best = nullptr;
  Fit best_fit;
  for (const Function& function : overloads) {
    const auto match = MatchArguments(function, arguments);
    if (match && (best == nullptr || match->fit > best_fit)) {
      best = &function;
      best_fit = match->fit;
    }
  }
  return best;
}

const Function* BestOverload(std::string_view name, const std::vector<ExprPtr>& arguments) {
  return BestOf(FindFunctions(name), arguments);
}

ExprPtr CallWith(const Function* function, const std::vector<ExprPtr>& arguments, int position) {
  const auto match = MatchArguments(*function, arguments);
  REM_CHECK(match.has_value());
  std::vector<ExprPtr> coerced;
  for (size_t i = 0; i < arguments.size(); ++i) coerced.push_back(Coerce(arguments[i], match->types[i]));
  auto call = std::make_shared<Expr>(*MakeCall(function, std::move(coerced), position));
  call->type = match->result;
  return call;
}

bool IsComparison(std::string_view sign) {
  return sign == "=" || sign == "<>" || sign == "<" || sign == "<=" || sign == ">" || sign == ">=";
}

std::string_view Swapped(std::string_view sign) {
  if (sign == "<") return ">";
  if (sign == "<=") return ">=";
  if (sign == ">") return "<";
  if (sign == ">=") return "<=";
  return sign;
}

ExprPtr CastTo(const ExprPtr& expr, LogicalType type) {
  if (expr->type == type) return expr;
  if (expr->kind == ExprKind::kConstant && !expr->dynamic && CastLevelOf(expr->type, type) != CastLevel::kNone) {
    try {
      return MakeConstant(CastValue(expr->value, type), type, expr->position);
    } catch (const Error& error) {
      throw Error(error).WithPosition(expr->position);
    }
  }
  const Function* cast = FindCast(expr->type, type);
  return cast == nullptr ? nullptr : MakeCall(cast, {expr}, expr->position);
}

[[noreturn]] void ThrowNoOperator(std::string_view sign, const Expr& left, const Expr& right, int position) {
  throw Error(ErrorCode::kFunctionNotFound,
              fmt::format("operator does not exist: {} {} {}", TypeNameOf(left), sign, TypeNameOf(right)),
              "cast one side to the type of the other, for example value::text")
      .WithPosition(position);
}

// PostgreSQL's operators of real with another number compute in double precision.
void RealAsDouble(ExprPtr& left, ExprPtr& right) {
  if (left->unknown || right->unknown || left->type == right->type) return;
  if (left->type == kReal && IsNumber(right->type)) left = CastTo(left, kDouble);
  if (right->type == kReal && IsNumber(left->type)) right = CastTo(right, kDouble);
}

ExprPtr AsJsonNumber(const ExprPtr& expr) {
  if (IsInteger(expr->type)) return CastTo(expr, kInt);
  if (expr->type == kNumeric || expr->type == kReal) return CastTo(expr, kDouble);
  return expr;
}

ExprPtr ResolveComparison(std::string_view sign, ExprPtr left, ExprPtr right, int position) {
  // Paths compare by value with whatever is on the other side.
  if (right->dynamic && !left->dynamic) {
    std::swap(left, right);
    sign = Swapped(sign);
  }
  if (left->dynamic && !right->dynamic) {
    right = AsJsonNumber(Settle(right));
    const LogicalType types[] = {kJson, right->type};
    if (const Function* function = FindOverload(sign, types)) return MakeCall(function, {left, right}, position);
    if (ExprPtr extracted = Coerce(left, right->type)) return ResolveComparison(sign, extracted, right, position);
    ThrowNoOperator(sign, *left, *right, position);
  }
  if (left->unknown && right->unknown) {
    left = Settle(left);
    right = Settle(right);
  } else if (left->unknown) {
    left = Coerce(left, right->type);
  } else if (right->unknown) {
    right = Coerce(right, left->type);
  }
  RealAsDouble(left, right);
  if (IsInteger(left->type)) right = LiteralBesideInteger(right, left->type);
  if (IsInteger(right->type)) left = LiteralBesideInteger(left, right->type);
  if (left->type != right->type) {
    const bool mixed = FindOverload(sign, std::vector<LogicalType>{left->type, right->type}) != nullptr;
    if (const auto common = CommonType(left->type, right->type); common && !mixed) {
      left = Coerce(left, *common);
      right = Coerce(right, *common);
    }
  }
  if (left->type == kUuid && right->type == kText) left = CastTo(left, kText);
  if (left->type == kText && right->type == kUuid) right = CastTo(right, kText);
  const LogicalType types[] = {left->type, right->type};
  const Function* function = left->type == kJson && right->type != kJson ? nullptr : FindOverload(sign, types);
  if (function == nullptr && IsArray(left->type)) function = BestOverload(sign, {left, right});
  if (function == nullptr) ThrowNoOperator(sign, *left, *right, position);
  return MakeCall(function, {left, right}, position);
}

}  // namespace

ExprPtr LiteralBesideInteger(const ExprPtr& literal, LogicalType type) {
  // Every integer that is passed as a parameter of a narrower type is one of the wider type.
  if (literal->kind == ExprKind::kParameter && !literal->unknown && type == kInt &&
      (literal->type == kInteger || literal->type == kSmallInt))
    return WithType(*literal, type);
  if (literal->kind != ExprKind::kConstant || literal->value.IsNull() || literal->dynamic) return literal;
  const Value& value = literal->value;
  if (IsInteger(value.type())) {
    const int64_t number = value.AsInt();
    const bool fits = type == kInt || (type == kInteger && number >= INT32_MIN && number <= INT32_MAX) ||
                      (type == kSmallInt && number >= INT16_MIN && number <= INT16_MAX);
    return fits ? MakeConstant(Value::OfInt(type, number), type, literal->position) : literal;
  }
  if (value.type() != kNumeric || type != kInt) return literal;
  if (const auto whole = NumericToInt(value.AsNumeric());
      whole && CompareNumerics(NumericFromInt(*whole), value.AsNumeric()) == 0)
    return MakeConstant(Value(*whole), kInt, literal->position);
  const std::string& text = value.AsNumeric();
  if (text.size() > 300 || text.find_first_of("NI") != std::string::npos) return literal;
  // Between two neighbouring integers, every integer compares the same with any number of the gap.
  const double number = NumericToDouble(text);
  return number != std::trunc(number) ? MakeConstant(Value(number), kDouble, literal->position) : literal;
}

std::string_view TypeNameOf(const Expr& expr) { return expr.unknown ? "unknown" : LogicalTypeName(expr.type); }

ExprPtr Coerce(const ExprPtr& expr, LogicalType type) {
  if (expr->unknown) return CastLiteral(*expr, type);
  if (expr->type == type) return expr;
  if (type == kAny) return Settle(expr);
  if (CastsImplicitly(expr->type, type)) return CastTo(expr, type);
  if (expr->dynamic) {
    if (const Function* extract = FindExtract(type)) return MakeCall(extract, {expr}, expr->position);
  }
  return nullptr;
}

ExprPtr Require(const ExprPtr& expr, LogicalType type, std::string_view what) {
  if (ExprPtr coerced = Coerce(expr, type)) return coerced;
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("{} must be type {}, not type {}", what, LogicalTypeName(type), TypeNameOf(*expr)),
              fmt::format("compare or cast the value so that it is a {}", LogicalTypeName(type)))
      .WithPosition(expr->position);
}

ExprPtr Settle(const ExprPtr& expr) { return expr->unknown ? CastLiteral(*expr, kText) : expr; }

LogicalType Unify(std::vector<ExprPtr*> exprs, std::string_view what) {
  LogicalType type = kText;
  const Expr* first = nullptr;
  for (const ExprPtr* expr : exprs) {
    const Expr& one = **expr;
    if (one.unknown) continue;
    if (first == nullptr || (first->dynamic && !one.dynamic) || (type != one.type && CastsImplicitly(type, one.type))) {
      first = &one;
      type = one.type;
    }
  }
  for (ExprPtr* expr : exprs) {
    ExprPtr coerced = Coerce(*expr, type);
    if (coerced == nullptr) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} types {} and {} cannot be matched", what, LogicalTypeName(type), TypeNameOf(**expr)),
                  "cast the values to one type")
          .WithPosition((*expr)->position);
    }
    *expr = std::move(coerced);
  }
  return type;
}

std::optional<ChosenOverload> ChooseOverload(std::span<const Function> overloads, std::vector<ExprPtr>& arguments) {
  const Function* best = BestOf(overloads, arguments);
  if (best == nullptr) return std::nullopt;
  const auto match = MatchArguments(*best, arguments);
  for (size_t i = 0; i < arguments.size(); ++i) arguments[i] = Coerce(arguments[i], match->types[i]);
  return ChosenOverload{static_cast<size_t>(best - overloads.data()), match->element};
}

ExprPtr ResolveFunction(std::string_view name, std::vector<ExprPtr> arguments, int position) {
  if (const Function* function = BestOverload(name, arguments)) return CallWith(function, arguments, position);
  // date(x), float8(x), text(x): a cast in the notation of a function.
  if (arguments.size() == 1 && !IsArray(arguments[0]->type)) {
    if (const auto type = ParseSqlType(name);
        type && (arguments[0]->unknown || CastLevelOf(arguments[0]->type, type->type) != CastLevel::kNone))
      return ResolveCast(arguments[0], name, position);
  }
  const std::vector<std::string> names = FunctionNames();
  const std::string overloads = OverloadHint(name);
  throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {} does not exist", Signature(name, arguments)),
              overloads.empty() ? DidYouMean(name, names, "docs/sql/overview.md lists the functions") : overloads)
      .WithPosition(position);
}

namespace {

// Operators of several types of which none is preferred: two literals without a type could be any of them.
constexpr std::array<std::string_view, 13> kAmbiguous = {"+", "-",  "*",  "/",  "%",  "&", "|",
                                                         "#", "<<", ">>", "@>", "<@", "&&"};

bool IsOne(std::string_view sign, std::span<const std::string_view> signs) {
  return std::ranges::find(signs, sign) != signs.end();
}
bool IsLiteral(const Expr& expr) { return expr.unknown && expr.kind == ExprKind::kConstant; }

[[noreturn]] void ThrowAmbiguous(const Expr& left, std::string_view sign, const Expr& right, int position) {
  throw Error(ErrorCode::kFunctionNotFound,
              fmt::format("operator is not unique: {} {} {}", TypeNameOf(left), sign, TypeNameOf(right)),
              "Could not choose a best candidate operator. You might need to add explicit type casts.")
      .WithSqlState("42725")
      .WithPosition(position);
}

}  // namespace

ExprPtr ResolveOperator(std::string_view sign, ExprPtr left, ExprPtr right, int position) {
  if (IsComparison(sign)) return ResolveComparison(sign, std::move(left), std::move(right), position);
  if (IsLiteral(*left) && IsLiteral(*right) && IsOne(sign, kAmbiguous)) ThrowAmbiguous(*left, sign, *right, position);
  RealAsDouble(left, right);
  const bool arrays = IsArray(left->type) || IsArray(right->type);
  if (sign == "||" && !arrays && left->type != kJson && right->type != kJson) {
    // A literal beside a bytea is one, too.
    const bool bytes = (left->unknown && right->type == kBytea) || (right->unknown && left->type == kBytea);
    const bool texts = !bytes && (left->unknown || right->unknown || left->type == kText || right->type == kText);
    ExprPtr a = texts ? CastTo(Settle(left), kText) : nullptr;
    ExprPtr b = texts ? CastTo(Settle(right), kText) : nullptr;
    if (a != nullptr && b != nullptr)
      return MakeCall(FindOverload("||", std::vector<LogicalType>{kText, kText}), {a, b}, position);
  }
  // A literal takes the type of the other side where there is such an operator.
  if (left->unknown != right->unknown) {
    const LogicalType type = left->unknown ? right->type : left->type;
    const LogicalType types[] = {type, type};
    if (const Function* function = FindOverload(sign, types)) return CallWith(function, {left, right}, position);
  }
  const std::vector<ExprPtr> arguments = {left, right};
  // Paths to numbers: without a type of its own to follow, arithmetic is done in double precision.
  if (const Function* function = BestOverload(sign, arguments); function != nullptr && !FindFunctions(sign).empty()) {
    const bool untyped = (left->dynamic || left->unknown) && (right->dynamic || right->unknown) && sign != "->" &&
                         sign != "->>" && sign != "?" && sign != "@>" && sign != "<@";
    const LogicalType doubles[] = {kDouble, kDouble};
    const Function* of_doubles = FindOverload(sign, doubles);
    if ((untyped || left->dynamic || right->dynamic) && of_doubles != nullptr && MatchArguments(*of_doubles, arguments))
      function = of_doubles;
    return CallWith(function, arguments, position);
  }
  ThrowNoOperator(sign, *left, *right, position);
}

ExprPtr MakeNot(ExprPtr expr) {
  return MakeCall(FindOverload("not", std::vector<LogicalType>{kBool}), {std::move(expr)});
}

namespace {

// The length of a text, or the precision of a numeric, as a call of its own.
ExprPtr Modify(const ExprPtr& expr, const SqlType& type, int position) {
  const LogicalType types[] = {type.type, kInt, kInt, kBool};
  const Function* function = FindOverload("apply modifier", types);
  REM_CHECK(function != nullptr);
  return MakeCall(function,
                  {expr, MakeConstant(Value(type.modifier.first), kInt),
                   MakeConstant(Value(type.modifier.second), kInt), MakeConstant(Value(type.padded), kBool)},
                  position);
}

// Types of PostgreSQL that are missing here; any other name is nobody's.
constexpr std::array<std::string_view, 31> kMissingTypes = {
    "bit",       "varbit",    "box",     "cidr",         "circle",    "inet",      "line",         "lseg",
    "macaddr",   "macaddr8",  "money",   "path",         "pg_lsn",    "point",     "polygon",      "timetz",
    "tsquery",   "tsvector",  "xml",     "jsonpath",     "int4range", "int8range", "numrange",     "tsrange",
    "tstzrange", "daterange", "regproc", "regprocedure", "regoper",   "regconfig", "txid_snapshot"};

[[noreturn]] void ThrowNoType(std::string_view name, int position) {
  const bool missing = IsOne(name.substr(0, name.find_first_of("([")), kMissingTypes);
  throw Error(
      missing ? ErrorCode::kNotSupported : ErrorCode::kNotFound,
      missing ? fmt::format("not supported yet: type \"{}\"", name) : fmt::format("type \"{}\" does not exist", name),
      "types are boolean, smallint, integer, bigint, numeric, real, double precision, text, varchar, bytea, "
      "date, time, timestamp, timestamptz, interval, uuid, jsonb, vector, and arrays of them")
      .WithSqlState(missing ? "0A000" : "42704")
      .WithPosition(position);
}

}  // namespace

ExprPtr ResolveSubscript(const ExprPtr& base, const ExprPtr& index, int position) {
  if (!IsArray(base->type)) return ResolveOperator("->", base, index, position);
  return ResolveFunction("subscript", {base, index}, position);
}

ExprPtr ResolveCast(const ExprPtr& expr, std::string_view type_name, int position) {
  const auto named = ParseSqlType(type_name);
  if (!named) ThrowNoType(type_name, position);
  ExprPtr cast;
  if (expr->unknown) {
    cast = CastLiteral(*expr, named->type);
  } else if (expr->dynamic && named->type != kJson) {
    // As ->> and a cast of the text: a number in a text may become a number.
    ExprPtr text = Coerce(expr, kText);
    cast = named->type == kText ? text : CastTo(text, named->type);
  } else {
    cast = CastTo(expr, named->type);
  }
  if (cast == nullptr) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("cannot cast type {} to {}", TypeNameOf(*expr), LogicalTypeName(named->type)),
                "cast through text if that is what you mean")
        .WithPosition(position);
  }
  if (named->modifier != TypeModifier{}) return Modify(cast, *named, position);
  if (cast->dynamic) {
    auto plain = std::make_shared<Expr>(*cast);
    plain->dynamic = false;
    return plain;
  }
  return cast;
}

}  // namespace rem::sql

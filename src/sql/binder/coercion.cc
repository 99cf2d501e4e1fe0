#include "sql/binder/coercion.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest.h"
#include "types/cast.h"

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

ExprPtr CastLiteral(const Expr& expr, LogicalType type) {
  if (expr.kind == ExprKind::kParameter || expr.value.IsNull()) return WithType(expr, type);
  try {
    return MakeConstant(CastValue(expr.value, type), type, expr.position);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), error.hint()).WithPosition(expr.position);
  }
}

// What it costs to pass `expr` as `type`; negative where that cannot be.
int CoercionCost(const Expr& expr, LogicalType type) {
  if (expr.unknown) return type == kText ? 0 : 1;
  if (expr.type == type) return 0;
  if (expr.type == kInt && type == kDouble) return 1;
  if (expr.dynamic && FindExtract(type) != nullptr) return type == kText ? 2 : type == kDouble ? 3 : 4;
  return -1;
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

const Function* BestOverload(std::string_view name, const std::vector<ExprPtr>& arguments) {
  const Function* best = nullptr;
  int best_cost = 0;
  for (const Function& function : FindFunctions(name)) {
    if (function.arguments.size() != arguments.size()) continue;
    int cost = 0;
    for (size_t i = 0; i < arguments.size() && cost >= 0; ++i) {
      const int one = CoercionCost(*arguments[i], function.arguments[i]);
      cost = one < 0 ? -1 : cost + one;
    }
    if (cost >= 0 && (best == nullptr || cost < best_cost)) {
      best = &function;
      best_cost = cost;
    }
  }
  return best;
}

ExprPtr CallWith(const Function* function, const std::vector<ExprPtr>& arguments, int position) {
  std::vector<ExprPtr> coerced;
  for (size_t i = 0; i < arguments.size(); ++i) coerced.push_back(Coerce(arguments[i], function->arguments[i]));
  return MakeCall(function, std::move(coerced), position);
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
  const Function* cast = FindCast(expr->type, type);
  return cast == nullptr ? nullptr : MakeCall(cast, {expr}, expr->position);
}

[[noreturn]] void ThrowNoOperator(std::string_view sign, const Expr& left, const Expr& right, int position) {
  const bool time = left.type == kTimestamp || right.type == kTimestamp;
  const bool arithmetic = sign == "+" || sign == "-";
  if (time && arithmetic) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: arithmetic with timestamps and intervals",
                "compute the time in the application and pass it as a parameter")
        .WithPosition(position);
  }
  throw Error(ErrorCode::kFunctionNotFound,
              fmt::format("operator does not exist: {} {} {}", TypeNameOf(left), sign, TypeNameOf(right)),
              "cast one side to the type of the other, for example value::text")
      .WithPosition(position);
}

ExprPtr ResolveComparison(std::string_view sign, ExprPtr left, ExprPtr right, int position) {
  // Paths compare by value with whatever is on the other side.
  if (right->dynamic && !left->dynamic) {
    std::swap(left, right);
    sign = Swapped(sign);
  }
  if (left->dynamic && !right->dynamic) {
    right = Settle(right);
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
  if (left->type == kUuid && right->type == kText) left = CastTo(left, kText);
  if (left->type == kText && right->type == kUuid) right = CastTo(right, kText);
  const LogicalType types[] = {left->type, right->type};
  const Function* function = left->type == kJson && right->type != kJson ? nullptr : FindOverload(sign, types);
  if (function == nullptr) ThrowNoOperator(sign, *left, *right, position);
  return MakeCall(function, {left, right}, position);
}

}  // namespace

std::string_view TypeNameOf(const Expr& expr) { return expr.unknown ? "unknown" : LogicalTypeName(expr.type); }

ExprPtr Coerce(const ExprPtr& expr, LogicalType type) {
  if (expr->unknown) return CastLiteral(*expr, type);
  if (expr->type == type) return expr;
  if (expr->type == kInt && type == kDouble) return CastTo(expr, kDouble);
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
    if (first == nullptr || (first->dynamic && !one.dynamic) || (type == kInt && one.type == kDouble)) {
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

ExprPtr ResolveFunction(std::string_view name, std::vector<ExprPtr> arguments, int position) {
  if (const Function* function = BestOverload(name, arguments)) return CallWith(function, arguments, position);
  const std::vector<std::string> names = FunctionNames();
  const std::string overloads = OverloadHint(name);
  throw Error(ErrorCode::kFunctionNotFound, fmt::format("function does not exist: {}", Signature(name, arguments)),
              overloads.empty() ? DidYouMean(name, names, "docs/sql/overview.md lists the functions") : overloads)
      .WithPosition(position);
}

ExprPtr ResolveOperator(std::string_view sign, ExprPtr left, ExprPtr right, int position) {
  if (IsComparison(sign)) return ResolveComparison(sign, std::move(left), std::move(right), position);
  if (sign == "||" && left->type != kJson && right->type != kJson) {
    const bool texts = left->unknown || right->unknown || left->type == kText || right->type == kText;
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
    if (untyped && FindOverload(sign, doubles) != nullptr) function = FindOverload(sign, doubles);
    if ((left->dynamic || right->dynamic) && FindOverload(sign, doubles) != nullptr)
      function = FindOverload(sign, doubles);
    return CallWith(function, arguments, position);
  }
  ThrowNoOperator(sign, *left, *right, position);
}

ExprPtr MakeNot(ExprPtr expr) {
  return MakeCall(FindOverload("not", std::vector<LogicalType>{kBool}), {std::move(expr)});
}

ExprPtr ResolveCast(const ExprPtr& expr, std::string_view type_name, int position) {
  struct NamedType {
    std::string_view name;
    LogicalType type;
    std::string_view narrow;
  };
  static constexpr NamedType kTypes[] = {{"bool", kBool, ""},
                                         {"int2", kInt, "narrow to int2"},
                                         {"int4", kInt, "narrow to int4"},
                                         {"int8", kInt, ""},
                                         {"float8", kDouble, ""},
                                         {"float4", kDouble, "narrow to float4"},
                                         {"text", kText, ""},
                                         {"varchar", kText, ""},
                                         {"timestamptz", kTimestamp, ""},
                                         {"timestamp", kTimestamp, ""},
                                         {"uuid", kUuid, ""},
                                         {"jsonb", kJson, ""},
                                         {"json", kJson, ""},
                                         {"vector", kVector, ""}};
  const auto* named = std::ranges::find(kTypes, type_name, &NamedType::name);
  if (named == std::end(kTypes)) {
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: type \"{}\"", type_name),
                "types are boolean, smallint, integer, bigint, real, double precision, text, timestamptz, uuid, jsonb "
                "and vector")
        .WithPosition(position);
  }
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
  if (!named->narrow.empty()) {
    for (const Function& function : FindFunctions(named->narrow)) return MakeCall(&function, {cast}, position);
  }
  if (cast->dynamic) {
    auto plain = std::make_shared<Expr>(*cast);
    plain->dynamic = false;
    return plain;
  }
  return cast;
}

}  // namespace rem::sql

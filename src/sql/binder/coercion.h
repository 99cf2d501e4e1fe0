#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sql/plan/expression.h"
#include "sql/plan/function.h"

namespace rem::sql {

/// "bigint", "text", "unknown", ... for messages.
std::string_view TypeNameOf(const Expr& expr);

/// The expression as `type` where PostgreSQL converts without being asked: literals and untyped parameters to anything
/// (errors of the literal surface here), bigint to double precision, and values reached by a path. nullptr where it
/// does not.
ExprPtr Coerce(const ExprPtr& expr, LogicalType type);
/// As Coerce; Error(kTypeMismatch) "<what> must be type <type>, not type <other>".
ExprPtr Require(const ExprPtr& expr, LogicalType type, std::string_view what);
/// A literal compared with a value of integer type `type`: an integer of that type, or a double precision, where that
/// compares the same, so that an index can answer it and no row is converted; else the literal itself.
ExprPtr LiteralBesideInteger(const ExprPtr& literal, LogicalType type);
/// Gives a literal whose type nothing settled the type text.
ExprPtr Settle(const ExprPtr& expr);

/// The type that all of `exprs` can take; converts them. Error(kTypeMismatch) naming `what` (CASE, COALESCE, ...).
LogicalType Unify(std::vector<ExprPtr*> exprs, std::string_view what);

/// The call of the best overload. Error(kFunctionNotFound) with the nearest names or the overloads there are.
ExprPtr ResolveFunction(std::string_view name, std::vector<ExprPtr> arguments, int position);
/// Of aggregates and table functions, whose signatures `overloads` have: the best one, with the type that anyelement
/// stands for. Converts the arguments. nullopt where none takes them.
struct ChosenOverload {
  size_t index = 0;
  LogicalType element = LogicalType::kText;
};
std::optional<ChosenOverload> ChooseOverload(std::span<const Function> overloads, std::vector<ExprPtr>& arguments);
ExprPtr ResolveOperator(std::string_view sign, ExprPtr left, ExprPtr right, int position);
/// An explicit cast.
ExprPtr ResolveCast(const ExprPtr& expr, std::string_view type_name, int position);
/// An element of an array, or a member or element of a document.
ExprPtr ResolveSubscript(const ExprPtr& base, const ExprPtr& index, int position);
ExprPtr MakeNot(ExprPtr expr);

}  // namespace rem::sql

#include <string>

#include "sql/binder/query_binder.h"

namespace rem::sql {

namespace {

// The name that PostgreSQL gives an expression. A weak one, of a type, gives way to the name of what is around it.
struct FoundName {
  std::string text;
  bool strong = true;
};

FoundName FindName(const ast::Expr& expr) {
  using enum ast::ExprKind;
  const auto unless_strong = [](const ast::Expr& inner, std::string_view otherwise) {
    FoundName name = FindName(inner);
    if (!name.text.empty() && name.strong) return name;
    return FoundName{std::string(otherwise), false};
  };
  switch (expr.kind) {
    case kColumn:
      return {expr.parts.back().quoted ? expr.parts.back().text : expr.parts.back().original};
    case kFunction:
      return {expr.parts.back().text};
    case kCast:
      return unless_strong(*expr.arguments[0], expr.type->name);
    case kSubscript:
    case kSlice:
      return FindName(*expr.arguments[0]);
    case kCase:
    case kCaseOf:
      return unless_strong(*expr.arguments.back(), "case");
    case kCoalesce:
      return {"coalesce"};
    case kGrouping:
      return {"grouping"};
    case kNullIf:
      return {"nullif"};
    case kGreatest:
      return {"greatest"};
    case kLeast:
      return {"least"};
    case kField:
      return {expr.text};
    case kRow:
      return {"row"};
    case kArray:
      return {"array"};
    case kSubquery:
      if (expr.subquery_kind == ast::SubqueryKind::kExists) return {"exists"};
      if (expr.subquery_kind == ast::SubqueryKind::kArray) return {"array"};
      if (expr.subquery_kind == ast::SubqueryKind::kScalar && !expr.subquery->items.empty()) {
        const ast::SelectItem& item = expr.subquery->items[0];
        if (item.alias) return {*item.alias};
        FoundName name = FindName(*item.expr);
        return {name.text.empty() ? "?column?" : std::move(name.text)};
      }
      return {};
    default:
      return {};
  }
}

}  // namespace

std::string NameOf(const ast::Expr& expr) { return FindName(expr).text; }

}  // namespace rem::sql

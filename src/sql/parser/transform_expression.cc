#include "sql/parser/transformer.h"

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/parser/ast_limits.h"
#include "sql/parser/scanner.h"

namespace rem::sql {

namespace {
constexpr int kAllIntervalFields = 0x7FFF;
}

using ast::ExprKind;
using ast::ExprPtr;

void ThrowNotSupported(std::string_view what, std::string_view hint, int position) {
  throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: {}", what), std::string(hint))
      .WithPosition(position);
}

Transformer::Transformer(std::string_view sql, const PreparedText& prepared) : sql_(sql), prepared_(prepared) {
  bool ascii = true;
  for (const char c : sql) ascii &= static_cast<unsigned char>(c) < 0x80;
  if (ascii) return;
  characters_.reserve(sql.size() + 1);
  uint32_t count = 0;
  for (const char c : sql) {
    characters_.push_back(count);
    count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }
  characters_.push_back(count);
}

int Transformer::Position(int location) const {
  if (location < 0) return 0;
  const size_t offset = std::min(prepared_.OriginalOffset(static_cast<size_t>(location)), sql_.size());
  return static_cast<int>(characters_.empty() ? offset : characters_[offset]) + 1;
}

std::vector<ast::NamePart> Transformer::NamesAt(int location) const {
  std::vector<ast::NamePart> parts;
  if (location < 0) return parts;
  const std::string_view text = std::string_view(prepared_.text).substr(static_cast<size_t>(location));
  Scanner scanner(text);
  for (;;) {
    const Token token = scanner.Next();
    if (token.kind != TokenKind::kWord && token.kind != TokenKind::kQuotedName) return parts;
    ast::NamePart part;
    part.text = NameOfToken(scanner.Text(token), &part.quoted);
    part.original = part.quoted ? part.text : std::string(scanner.Text(token));
    parts.push_back(std::move(part));
    if (scanner.Text(scanner.Next()) != ".") return parts;
  }
}

ExprPtr Transformer::Make(ExprKind kind, int location) const {
  auto expr = std::make_unique<ast::Expr>();
  expr->kind = kind;
  expr->position = Position(location);
  return expr;
}

ExprPtr Transformer::Transform(const PgQuery__Node& node) {
  if (++depth_ > kMaxExpressionDepth) {
    throw Error(ErrorCode::kLimitExceeded, "expression is nested too deeply",
                fmt::format("expressions nest at most {} deep", kMaxExpressionDepth));
  }
  ExprPtr expr = TransformNode(node);
  --depth_;
  return expr;
}

ExprPtr Transformer::TransformNode(const PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_A_CONST:
      return Constant(*node.a_const);
    case PG_QUERY__NODE__NODE_COLUMN_REF:
      return ColumnRef(*node.column_ref);
    case PG_QUERY__NODE__NODE_A_EXPR:
      return OperatorExpr(*node.a_expr);
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
      return BooleanExpr(*node.bool_expr);
    case PG_QUERY__NODE__NODE_NULL_TEST:
      return Test(node.null_test->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL ? "is null" : "is not null",
                  *node.null_test->arg, node.null_test->location);
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
      return BooleanTest(*node.boolean_test);
    case PG_QUERY__NODE__NODE_CASE_EXPR:
      return Case(*node.case_expr);
    case PG_QUERY__NODE__NODE_TYPE_CAST:
      return Cast(*node.type_cast);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
      return FunctionCall(*node.func_call);
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
      return ValueFunction(*node.sqlvalue_function);
    case PG_QUERY__NODE__NODE_A_INDIRECTION:
      return Subscript(*node.a_indirection);
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
      return Collate(*node.collate_clause);
    case PG_QUERY__NODE__NODE_PARAM_REF: {
      ExprPtr expr = Make(ExprKind::kParameter, node.param_ref->location);
      expr->number = node.param_ref->number;
      return expr;
    }
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
      return List(ExprKind::kCoalesce, node.coalesce_expr->args, node.coalesce_expr->n_args,
                  node.coalesce_expr->location);
    case PG_QUERY__NODE__NODE_SUB_LINK:
      return SubLink(*node.sub_link);
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
      return List(node.min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? ExprKind::kGreatest : ExprKind::kLeast,
                  node.min_max_expr->args, node.min_max_expr->n_args, node.min_max_expr->location);
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
      return List(ExprKind::kArray, node.a_array_expr->elements, node.a_array_expr->n_elements,
                  node.a_array_expr->location);
    case PG_QUERY__NODE__NODE_ROW_EXPR:
      return List(ExprKind::kRow, node.row_expr->args, node.row_expr->n_args, node.row_expr->location);
    case PG_QUERY__NODE__NODE_GROUPING_FUNC:
      return List(ExprKind::kGrouping, node.grouping_func->args, node.grouping_func->n_args,
                  node.grouping_func->location);
    default:
      ThrowNotSupported("this kind of expression", "docs/sql/overview.md lists the expressions that work", 0);
  }
}

ExprPtr Transformer::Constant(const PgQuery__AConst& node) {
  ExprPtr expr = Make(ExprKind::kNull, node.location);
  if (node.isnull) return expr;
  switch (node.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
      expr->kind = ExprKind::kInteger;
      expr->text = fmt::to_string(node.ival->ival);
      return expr;
    case PG_QUERY__A__CONST__VAL_FVAL:
      expr->text = node.fval->fval;
      // The grammar has put the sign of a negative number into it.
      expr->kind = expr->text.find_first_not_of("0123456789", expr->text[0] == '-' ? 1 : 0) == std::string::npos
                       ? ExprKind::kInteger
                       : ExprKind::kDecimal;
      return expr;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
      expr->kind = ExprKind::kBool;
      expr->number = node.boolval->boolval;
      return expr;
    case PG_QUERY__A__CONST__VAL_SVAL:
      expr->kind = ExprKind::kString;
      expr->text = node.sval->sval;
      return expr;
    default:
      ThrowNotSupported("bit strings", "use a text", Position(node.location));
  }
}

ExprPtr Transformer::ColumnRef(const PgQuery__ColumnRef& node) {
  const bool star = node.n_fields > 0 && node.fields[node.n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
  ExprPtr expr = Make(star ? ExprKind::kStar : ExprKind::kColumn, node.location);
  const size_t names = node.n_fields - (star ? 1 : 0);
  expr->parts = NamesAt(node.location);
  if (expr->parts.size() == names) return expr;
  // Unusual spellings (U&"...") do not read back from the text: take libpg_query's names.
  expr->parts.clear();
  for (size_t i = 0; i < names; ++i) {
    if (node.fields[i]->node_case != PG_QUERY__NODE__NODE_STRING)
      ThrowNotSupported("this kind of name", "write plain names", expr->position);
    expr->parts.push_back({node.fields[i]->string->sval, node.fields[i]->string->sval, true});
  }
  return expr;
}

ExprPtr Transformer::OperatorExpr(const PgQuery__AExpr& node) {
  const std::string name = node.n_name == 0 ? "" : node.name[node.n_name - 1]->string->sval;
  switch (node.kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR: {
      ExprPtr expr = Make(ExprKind::kOperator, node.location);
      expr->text = name == "!=" ? "<>" : name;
      if (node.lexpr != nullptr) expr->arguments.push_back(Transform(*node.lexpr));
      expr->arguments.push_back(Transform(*node.rexpr));
      return expr;
    }
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN: {
      ExprPtr expr = Make(ExprKind::kIn, node.location);
      expr->negated = name == "<>";
      expr->arguments.push_back(Transform(*node.lexpr));
      const PgQuery__List& list = *node.rexpr->list;
      if (list.n_items > kMaxInListItems) {
        throw Error(ErrorCode::kLimitExceeded, fmt::format("IN list is too long: {} items", list.n_items),
                    fmt::format("an IN list has at most {} items", kMaxInListItems))
            .WithPosition(expr->position);
      }
      for (size_t i = 0; i < list.n_items; ++i) expr->arguments.push_back(Transform(*list.items[i]));
      return expr;
    }
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM: {
      ExprPtr expr = Make(ExprKind::kBetween, node.location);
      expr->negated = node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN ||
                      node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
      expr->symmetric = node.kind >= PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM;
      expr->arguments.push_back(Transform(*node.lexpr));
      for (size_t i = 0; i < node.rexpr->list->n_items; ++i)
        expr->arguments.push_back(Transform(*node.rexpr->list->items[i]));
      return expr;
    }
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT: {
      ExprPtr expr =
          Test(node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT ? "is distinct from" : "is not distinct from",
               *node.lexpr, node.location);
      expr->arguments.push_back(Transform(*node.rexpr));
      return expr;
    }
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF: {
      ExprPtr expr = Make(ExprKind::kNullIf, node.location);
      expr->arguments.push_back(Transform(*node.lexpr));
      expr->arguments.push_back(Transform(*node.rexpr));
      return expr;
    }
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL: {
      ExprPtr expr = Make(ExprKind::kQuantified, node.location);
      expr->text = name == "!=" ? "<>" : name;
      expr->all = node.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL;
      expr->arguments.push_back(Transform(*node.lexpr));
      expr->arguments.push_back(Transform(*node.rexpr));
      return expr;
    }
    default:
      ThrowNotSupported("this kind of operator", "docs/sql/overview.md lists what works", Position(node.location));
  }
}

ExprPtr Transformer::BooleanExpr(const PgQuery__BoolExpr& node) {
  const ExprKind kind = node.boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR  ? ExprKind::kAnd
                        : node.boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR ? ExprKind::kOr
                                                                           : ExprKind::kNot;
  ExprPtr expr = Make(kind, node.location);
  for (size_t i = 0; i < node.n_args; ++i) expr->arguments.push_back(Transform(*node.args[i]));
  return expr;
}

ExprPtr Transformer::Test(std::string text, const PgQuery__Node& argument, int location) {
  ExprPtr expr = Make(ExprKind::kIsTest, location);
  expr->text = std::move(text);
  expr->arguments.push_back(Transform(argument));
  return expr;
}

ExprPtr Transformer::BooleanTest(const PgQuery__BooleanTest& node) {
  static constexpr const char* kTests[] = {"",        "is true",    "is not true", "is false", "is not false",
                                           "is null", "is not null"};
  ExprPtr expr = Test(kTests[node.booltesttype], *node.arg, node.location);
  expr->negated = node.booltesttype >= PG_QUERY__BOOL_TEST_TYPE__IS_UNKNOWN;  // IS UNKNOWN takes booleans only.
  return expr;
}

ExprPtr Transformer::Case(const PgQuery__CaseExpr& node) {
  ExprPtr expr = Make(node.arg == nullptr ? ExprKind::kCase : ExprKind::kCaseOf, node.location);
  if (node.arg != nullptr) expr->arguments.push_back(Transform(*node.arg));
  for (size_t i = 0; i < node.n_args; ++i) {
    const PgQuery__CaseWhen& when = *node.args[i]->case_when;
    expr->arguments.push_back(Transform(*when.expr));
    expr->arguments.push_back(Transform(*when.result));
  }
  expr->arguments.push_back(node.defresult == nullptr ? Make(ExprKind::kNull, node.location)
                                                      : Transform(*node.defresult));
  return expr;
}

ast::TypeName Transformer::Type(const PgQuery__TypeName& node) {
  ast::TypeName type;
  type.position = Position(node.location);
  if (node.n_names > 0) type.name = node.names[node.n_names - 1]->string->sval;
  if (node.setof) ThrowNotSupported("SETOF", "name the type alone", type.position);
  if (node.pct_type) ThrowNotSupported("%TYPE", "name the type", type.position);
  type.dimensions = node.n_array_bounds;
  for (size_t i = 0; i < node.n_typmods; ++i) {
    const PgQuery__Node& modifier = *node.typmods[i];
    if (modifier.node_case != PG_QUERY__NODE__NODE_A_CONST ||
        modifier.a_const->val_case != PG_QUERY__A__CONST__VAL_IVAL)
      throw Error(ErrorCode::kSyntax, "type modifiers must be simple constants or identifiers", "write numbers")
          .WithPosition(type.position);
    type.modifiers.push_back(modifier.a_const->ival->ival);
  }
  // interval(p): the grammar puts the fields, here all of them, before the precision.
  if (type.name == "interval" && type.modifiers.size() == 2 && type.modifiers[0] == kAllIntervalFields)
    type.modifiers.erase(type.modifiers.begin());
  else if (type.name == "interval" && type.modifiers.size() == 1)
    type.modifiers.push_back(-1);
  return type;
}

namespace {

bool IsNumber(std::string_view word) {
  if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
  return word.find_first_of("0123456789") != std::string_view::npos &&
         word.find_first_not_of("0123456789.") == std::string_view::npos;
}
bool IsMinutesAndSeconds(std::string_view word) {
  const size_t colon = word.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < word.size() && IsNumber(word.substr(0, colon)) &&
         word.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
}

}  // namespace

// The fields of an interval say what numbers without a unit are: INTERVAL '5' DAY is '5 day', and '12:34' MINUTE TO
// SECOND are minutes and seconds. What the binder is left with is to drop the fields below the last one.
void Transformer::ApplyIntervalField(ast::Expr& cast) {
  static constexpr int64_t kMonth = 1 << 1, kYear = 1 << 2, kDay = 1 << 3, kHour = 1 << 10, kMinute = 1 << 11,
                           kSecond = 1 << 12;
  static constexpr std::pair<int64_t, std::string_view> kFields[] = {{kSecond, " second"}, {kMinute, " minute"},
                                                                     {kHour, " hour"},     {kDay, " day"},
                                                                     {kMonth, " month"},   {kYear, " year"}};
  const auto& modifiers = cast.type->modifiers;
  ast::Expr& literal = *cast.arguments[0];
  if (cast.type->name != "interval" || modifiers.size() < 2 || literal.kind != ExprKind::kString) return;
  std::string& text = literal.text;
  static constexpr std::string_view kSpace = " \t\n\r\f\v";
  text.erase(text.find_last_not_of(kSpace) + 1);
  const size_t begin = text.find_last_of(kSpace) + 1;
  const std::string last = text.substr(begin);
  const std::string before = text.substr(0, begin);
  if (IsNumber(last)) {
    const size_t first = before.find_first_not_of(kSpace), end = before.find_last_not_of(kSpace);
    if (modifiers[0] == (kDay | kHour) && first != std::string::npos && IsNumber(before.substr(first, end + 1 - first)))
      text = before + "day " + last;
    for (const auto& [mask, unit] : kFields) {
      if ((modifiers[0] & mask) == 0) continue;
      text += unit;
      break;
    }
  } else if (modifiers[0] == (kMinute | kSecond) && IsMinutesAndSeconds(last)) {
    const size_t sign = last[0] == '-' || last[0] == '+' ? 1 : 0;
    text = before + last.substr(0, sign) + "00:" + last.substr(sign);
  }
}

ExprPtr Transformer::Cast(const PgQuery__TypeCast& node) {
  ExprPtr expr = Make(ExprKind::kCast, node.location);
  expr->type = std::make_unique<ast::TypeName>(Type(*node.type_name));
  if (expr->position == 0) expr->position = expr->type->position;
  expr->arguments.push_back(Transform(*node.arg));
  ApplyIntervalField(*expr);
  return expr;
}

ExprPtr Transformer::List(ExprKind kind, PgQuery__Node* const* nodes, size_t count, int location) {
  ExprPtr expr = Make(kind, location);
  for (size_t i = 0; i < count; ++i) expr->arguments.push_back(Transform(*nodes[i]));
  return expr;
}

ExprPtr Transformer::SubLink(const PgQuery__SubLink& node) {
  ExprPtr expr = Make(ExprKind::kSubquery, node.location);
  expr->text = node.n_oper_name == 0 ? "=" : node.oper_name[node.n_oper_name - 1]->string->sval;
  if (expr->text == "!=") expr->text = "<>";
  switch (node.sub_link_type) {
    case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK:
      expr->subquery_kind = ast::SubqueryKind::kExists;
      break;
    case PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK:
      expr->subquery_kind = ast::SubqueryKind::kAny;
      break;
    case PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK:
      expr->subquery_kind = ast::SubqueryKind::kAll;
      break;
    case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK:
      expr->subquery_kind = ast::SubqueryKind::kArray;
      break;
    default:
      expr->subquery_kind = ast::SubqueryKind::kScalar;
  }
  if (node.testexpr != nullptr) expr->arguments.push_back(Transform(*node.testexpr));
  expr->subquery = Select(*node.subselect->select_stmt);
  return expr;
}

namespace {

/// Functions whose arguments may be named. Parameters of make_interval that are left out are 0, and the last two of the
/// jsonb_path_ functions no variables and false.
struct NamedParameters {
  std::string_view function;
  std::vector<std::string_view> names;
};

const NamedParameters* FindNamedParameters(std::string_view function) {
  static const NamedParameters kKnown[] = {
      {"make_interval", {"years", "months", "weeks", "days", "hours", "mins", "secs"}},
      {"make_date", {"year", "month", "day"}},
      {"make_time", {"hour", "min", "sec"}},
      {"make_timestamp", {"year", "month", "mday", "hour", "min", "sec"}},
      {"jsonb_path_exists", {"target", "path", "vars", "silent"}},
      {"jsonb_path_match", {"target", "path", "vars", "silent"}},
      {"jsonb_path_query", {"target", "path", "vars", "silent"}},
      {"jsonb_path_query_array", {"target", "path", "vars", "silent"}},
      {"jsonb_path_query_first", {"target", "path", "vars", "silent"}}};
  for (const NamedParameters& known : kKnown) {
    if (known.function == function) return &known;
  }
  return nullptr;
}

bool TakesSequence(std::string_view function) {
  return function == "nextval" || function == "currval" || function == "setval";
}

const PgQuery__Node* WithoutRegclass(const PgQuery__Node* node) {
  if (node->node_case != PG_QUERY__NODE__NODE_TYPE_CAST) return node;
  const PgQuery__TypeName& type = *node->type_cast->type_name;
  return std::string_view(type.names[type.n_names - 1]->string->sval) == "regclass" ? node->type_cast->arg : node;
}

}  // namespace

// make_interval(days => 10) as make_interval(0, 0, 0, 10).
void Transformer::NamedArguments(const PgQuery__FuncCall& node, ast::Expr& call) {
  const NamedParameters* known = call.parts.size() == 1 ? FindNamedParameters(call.parts[0].text) : nullptr;
  if (known == nullptr) ThrowNotSupported("named arguments of this function", "give them in order", call.position);
  const bool optional = known->function == "make_interval";
  std::vector<ExprPtr> arguments(known->names.size());
  for (size_t i = 0; i < node.n_args; ++i) {
    const PgQuery__Node& argument = *node.args[i];
    size_t place = i;
    const bool named = argument.node_case == PG_QUERY__NODE__NODE_NAMED_ARG_EXPR;
    if (named) {
      place = 0;
      while (place < arguments.size() && known->names[place] != argument.named_arg_expr->name) ++place;
    }
    if (place >= arguments.size() || arguments[place] != nullptr) {
      throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {} has no such argument", known->function),
                  "its arguments are years, months, weeks, days, hours, mins, secs or the like")
          .WithPosition(call.position);
    }
    arguments[place] = Transform(named ? *argument.named_arg_expr->arg : argument);
  }
  const bool path = known->function.starts_with("jsonb_path");
  for (ExprPtr& argument : arguments) {
    if (argument != nullptr) continue;
    const size_t place = static_cast<size_t>(&argument - arguments.data());
    if (path && place >= 2) {
      argument = Make(place == 2 ? ExprKind::kString : ExprKind::kBool, -1);
      if (place == 2) argument->text = "{}";
      continue;
    }
    if (!optional) {
      throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {} misses an argument", known->function),
                  "give all of them")
          .WithPosition(call.position);
    }
    argument = Make(ExprKind::kInteger, -1);
    argument->text = "0";
  }
  call.arguments = std::move(arguments);
}

ExprPtr Transformer::FunctionCall(const PgQuery__FuncCall& node) {
  ExprPtr expr = Make(ExprKind::kFunction, node.location);
  for (size_t i = 0; i < node.n_funcname; ++i) {
    const std::string name = node.funcname[i]->string->sval;
    if (i == 0 && node.n_funcname > 1 && name == "pg_catalog") continue;
    expr->parts.push_back({name, name, false});
  }
  if (node.agg_filter != nullptr || node.agg_distinct || node.n_agg_order > 0 || node.func_variadic ||
      node.over != nullptr) {
    expr->call = std::make_unique<ast::Call>();
    expr->call->distinct = node.agg_distinct;
    expr->call->variadic = node.func_variadic;
    expr->call->within_group = node.agg_within_group;
    expr->call->filter = TransformOptional(node.agg_filter);
    if (node.over != nullptr) expr->call->over = std::make_unique<ast::Window>(Window(*node.over));
    for (size_t i = 0; i < node.n_agg_order; ++i) expr->call->order_by.push_back(SortItem(*node.agg_order[i]->sort_by));
  }
  expr->star = node.agg_star;
  bool named = false;
  for (size_t i = 0; i < node.n_args; ++i) named |= node.args[i]->node_case == PG_QUERY__NODE__NODE_NAMED_ARG_EXPR;
  if (named) {
    NamedArguments(node, *expr);
    return expr;
  }
  for (size_t i = 0; i < node.n_args; ++i) {
    const PgQuery__Node* argument = node.args[i];
    // nextval('s'::regclass): the name is looked up when the function runs.
    if (TakesSequence(expr->parts.back().text)) argument = WithoutRegclass(argument);
    expr->arguments.push_back(Transform(*argument));
  }
  return expr;
}

ExprPtr Transformer::ValueFunction(const PgQuery__SQLValueFunction& node) {
  static constexpr const char* kNames[] = {
      "",          "current_date", "current_time",    "current_time",   "current_timestamp", "current_timestamp",
      "localtime", "localtime",    "localtimestamp",  "localtimestamp", "current_role",      "current_user",
      "user",      "session_user", "current_catalog", "current_schema"};
  ExprPtr expr = Make(ExprKind::kFunction, node.location);
  const std::string name = static_cast<size_t>(node.op) < std::size(kNames) ? kNames[node.op] : "";
  expr->parts.push_back({name, name, false});
  if (name == "current_time")
    ThrowNotSupported("time with time zone", "localtime is a time without one", Position(node.location));
  if (node.typmod < 0) return expr;
  ExprPtr cast = Make(ExprKind::kCast, node.location);
  cast->type = std::make_unique<ast::TypeName>();
  cast->type->name = name == "localtime" ? "time" : name == "localtimestamp" ? "timestamp" : "timestamptz";
  cast->type->modifiers.push_back(node.typmod);
  cast->type->position = expr->position;
  cast->arguments.push_back(std::move(expr));
  return cast;
}

ExprPtr Transformer::Subscript(const PgQuery__AIndirection& node) {
  ExprPtr expr = Transform(*node.arg);
  for (size_t i = 0; i < node.n_indirection; ++i) {
    const PgQuery__Node& step = *node.indirection[i];
    // A chain of subscripts is a deep tree that no parenthesis announced.
    if (i >= kMaxExpressionDepth / 2)
      throw Error(ErrorCode::kLimitExceeded, "expression is nested too deeply", "use fewer subscripts");
    if (step.node_case != PG_QUERY__NODE__NODE_A_INDICES) {
      ExprPtr field = std::make_unique<ast::Expr>();
      field->kind = ExprKind::kField;
      field->position = expr->position;
      field->star = step.node_case == PG_QUERY__NODE__NODE_A_STAR;
      if (!field->star) field->text = step.string->sval;
      field->arguments.push_back(std::move(expr));
      expr = std::move(field);
      continue;
    }
    const PgQuery__AIndices& indices = *step.a_indices;
    if (node.n_indirection > 1 && indices.is_slice)
      ThrowNotSupported("arrays of several dimensions", "put the slice into parentheses", expr->position);
    auto subscript = std::make_unique<ast::Expr>();
    subscript->kind = indices.is_slice ? ExprKind::kSlice : ExprKind::kSubscript;
    subscript->position = expr->position;
    subscript->arguments.push_back(std::move(expr));
    if (indices.is_slice) subscript->arguments.push_back(TransformOptional(indices.lidx));
    subscript->arguments.push_back(TransformOptional(indices.uidx));
    expr = std::move(subscript);
  }
  return expr;
}

ExprPtr Transformer::Collate(const PgQuery__CollateClause& node) {
  const std::string name = node.n_collname == 0 ? "" : node.collname[node.n_collname - 1]->string->sval;
  if (name != "C" && name != "POSIX" && name != "ucs_basic") {
    ThrowNotSupported(fmt::format("collation \"{}\"", name), "text compares by its bytes, as COLLATE \"C\" does",
                      Position(node.location));
  }
  return Transform(*node.arg);
}

}  // namespace rem::sql

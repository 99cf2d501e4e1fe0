#include <fmt/format.h>
#include <rem/error.h>

#include "sql/parser/ast_limits.h"
#include "sql/parser/ast_names.h"
#include "sql/parser/transformer.h"

namespace rem::sql {

// What stands after FROM: a part of Transformer.

ast::FromPtr Transformer::From(const PgQuery__Node& node) {
  auto item = std::make_unique<ast::FromItem>();
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR:
      item->table = Table(*node.range_var);
      item->position = item->table.position;
      Alias(node.range_var->alias, *item);
      return item;
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT: {
      const PgQuery__RangeSubselect& range = *node.range_subselect;
      item->kind = ast::FromKind::kSubquery;
      if (range.subquery->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
        ThrowNotSupported("this kind of subquery in FROM", "write a SELECT", 0);
      item->subquery = Select(*range.subquery->select_stmt);
      item->position = item->subquery->position;
      item->lateral = range.lateral;
      Alias(range.alias, *item);
      if (item->alias.empty()) {
        throw Error(ErrorCode::kSyntax, "subquery in FROM must have an alias", "for example, FROM (SELECT ...) AS foo")
            .WithPosition(item->position);
      }
      return item;
    }
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
      return FunctionFrom(*node.range_function);
    case PG_QUERY__NODE__NODE_JOIN_EXPR:
      return Join(*node.join_expr);
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
      return SampledFrom(*node.range_table_sample);
    default:
      ThrowNotSupported("this kind of item in FROM", "tables, subqueries, functions and joins work", 0);
  }
}

// TABLESAMPLE m (percent) [REPEATABLE (seed)] is a condition on each row by itself: a hash of its id and the seed.
ast::FromPtr Transformer::SampledFrom(const PgQuery__RangeTableSample& node) {
  const int position = Position(node.location);
  const std::string method = node.method[node.n_method - 1]->string->sval;
  if (method != "bernoulli" && method != "system") {
    throw Error(ErrorCode::kNotFound, fmt::format("tablesample method {} does not exist", method),
                "BERNOULLI and SYSTEM work")
        .WithSqlState("42704")
        .WithPosition(position);
  }
  if (node.n_args != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("tablesample method {} requires 1 argument, not {}", method, node.n_args),
                "name the percentage")
        .WithSqlState("2202H")
        .WithPosition(position);
  }
  ast::FromPtr item = From(*node.relation);
  if (item->kind != ast::FromKind::kTable) ThrowNotSupported("TABLESAMPLE of this", "sample tables", position);
  auto call = std::make_unique<ast::Expr>();
  call->kind = ast::ExprKind::kFunction;
  call->position = position;
  call->parts.push_back({"sample row", "sample row", true});
  auto id = std::make_unique<ast::Expr>();
  id->kind = ast::ExprKind::kColumn;
  id->position = position;
  for (const std::string& part : {item->table.alias, std::string(kRecordIdName)})
    id->parts.push_back({part, part, true});
  call->arguments.push_back(std::move(id));
  call->arguments.push_back(Transform(*node.args[0]));
  if (node.repeatable != nullptr) {
    call->arguments.push_back(Transform(*node.repeatable));
  } else {
    auto random = std::make_unique<ast::Expr>();
    random->kind = ast::ExprKind::kFunction;
    random->position = position;
    random->parts.push_back({"random", "random", true});
    call->arguments.push_back(std::move(random));
  }
  samples_.push_back({item->table.alias, std::move(call)});
  return item;
}

ast::TableName Transformer::Table(const PgQuery__RangeVar& node) {
  ast::TableName table;
  table.position = Position(node.location);
  // A dotted name is the fully_qualified_name of a table.
  for (const ast::NamePart& part : NamesAt(node.location))
    table.name += (table.name.empty() ? "" : ".") + part.original;
  if (table.name.empty()) table.name = node.relname;
  table.alias = node.alias == nullptr ? node.relname : node.alias->aliasname;
  return table;
}

void Transformer::Alias(const PgQuery__Alias* alias, ast::FromItem& item) {
  if (alias == nullptr) return;
  item.alias = alias->aliasname;
  for (size_t i = 0; i < alias->n_colnames; ++i) item.columns.push_back(alias->colnames[i]->string->sval);
}

ast::FromPtr Transformer::Join(const PgQuery__JoinExpr& node) {
  if (++depth_ > kMaxExpressionDepth) {
    throw Error(ErrorCode::kLimitExceeded, "too many joins",
                fmt::format("a query has at most {} joins", kMaxExpressionDepth));
  }
  auto item = std::make_unique<ast::FromItem>();
  item->kind = ast::FromKind::kJoin;
  const size_t samples = samples_.size();
  item->left = From(*node.larg);
  item->right = From(*node.rarg);
  if (samples_.size() > samples && node.jointype != PG_QUERY__JOIN_TYPE__JOIN_INNER)
    ThrowNotSupported("TABLESAMPLE in an outer join", "sample in a subquery", item->right->position);
  item->position = item->right->position;
  switch (node.jointype) {
    case PG_QUERY__JOIN_TYPE__JOIN_LEFT:
      item->join = ast::JoinKind::kLeft;
      break;
    case PG_QUERY__JOIN_TYPE__JOIN_RIGHT:
      item->join = ast::JoinKind::kRight;
      break;
    case PG_QUERY__JOIN_TYPE__JOIN_FULL:
      item->join = ast::JoinKind::kFull;
      break;
    default:
      item->join = ast::JoinKind::kInner;
  }
  item->natural = node.is_natural;
  for (size_t i = 0; i < node.n_using_clause; ++i) {
    const std::string name = node.using_clause[i]->string->sval;
    item->join_using.push_back({name, name, false});
  }
  if (node.join_using_alias != nullptr)
    ThrowNotSupported("an alias for USING", "name the columns of the joined tables", item->position);
  item->on = TransformOptional(node.quals);
  Alias(node.alias, *item);
  --depth_;
  return item;
}

ast::FromPtr Transformer::FunctionFrom(const PgQuery__RangeFunction& node) {
  auto item = std::make_unique<ast::FromItem>();
  item->kind = ast::FromKind::kFunction;
  item->lateral = node.lateral;
  item->ordinality = node.ordinality;
  for (size_t i = 0; i < node.n_functions; ++i) {
    const PgQuery__List& list = *node.functions[i]->list;
    item->functions.push_back(Transform(*list.items[0]));
    if (i == 0) item->position = item->functions[0]->position;
    if (list.n_items > 1 && list.items[1]->node_case != PG_QUERY__NODE__NODE__NOT_SET)
      ThrowNotSupported("a column definition list in ROWS FROM", "call the function by itself", item->position);
  }
  Alias(node.alias, *item);
  for (size_t i = 0; i < node.n_coldeflist; ++i) {
    const PgQuery__ColumnDef& column = *node.coldeflist[i]->column_def;
    item->columns.emplace_back(column.colname);
    item->definitions.push_back(Type(*column.type_name));
  }
  return item;
}

}  // namespace rem::sql

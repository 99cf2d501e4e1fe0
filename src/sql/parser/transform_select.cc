#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/parser/ast_limits.h"
#include "sql/parser/transform_modify.h"
#include "sql/parser/transformer.h"

namespace rem::sql {

// SELECT, VALUES, set operations and WITH: a part of Transformer.

namespace {

void RefuseClauses(const PgQuery__SelectStmt& node) {
  if (node.into_clause != nullptr) ThrowNotSupported("SELECT INTO", "insert the records with Session::Insert", 0);
}

const char* StrengthOf(const PgQuery__LockingClause& node) {
  switch (node.strength) {
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORKEYSHARE:
      return "FOR KEY SHARE";
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORSHARE:
      return "FOR SHARE";
    case PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORNOKEYUPDATE:
      return "FOR NO KEY UPDATE";
    default:
      return "FOR UPDATE";
  }
}

/// What has no rows of tables to lock.
const char* WithoutRows(const PgQuery__SelectStmt& node) {
  if (node.op != PG_QUERY__SET_OPERATION__SETOP_NONE) return "UNION/INTERSECT/EXCEPT";
  if (node.n_distinct_clause > 0) return "DISTINCT clause";
  if (node.n_group_clause > 0) return "GROUP BY clause";
  return node.having_clause != nullptr ? "HAVING clause" : nullptr;
}

}  // namespace

void Transformer::Locks(const PgQuery__SelectStmt& node, bool outermost, ast::Select& select) {
  for (size_t i = 0; i < node.n_locking_clause; ++i) {
    const PgQuery__LockingClause& clause = *node.locking_clause[i]->locking_clause;
    ast::Locking lock{StrengthOf(clause), {}, select.position};
    if (const char* without = WithoutRows(node)) {
      throw Error(ErrorCode::kNotSupported, fmt::format("{} is not allowed with {}", lock.strength, without),
                  "lock the rows in a query of their own");
    }
    if (!select.values.empty())
      throw Error(ErrorCode::kNotSupported, fmt::format("{} cannot be applied to VALUES", lock.strength),
                  "leave it out");
    for (size_t j = 0; j < clause.n_locked_rels; ++j) lock.of.emplace_back(clause.locked_rels[j]->range_var->relname);
    const bool of_changed = select.from.size() == 1 && select.from[0]->kind == ast::FromKind::kTable &&
                            select.from[0]->table.name == changed_;
    if (outermost) {
      select.locks.push_back(std::move(lock));
    } else if (!of_changed) {
      ThrowNotSupported(std::string(lock.strength) + " here",
                        "lock in the outermost SELECT, or in a subquery over the one table that the statement changes",
                        select.position);
    }
  }
}

ast::SelectPtr Transformer::OutermostSelect(const PgQuery__SelectStmt& node) {
  outermost_ = true;
  return Select(node);
}

ast::SelectPtr Transformer::Select(const PgQuery__SelectStmt& node) {
  if (++depth_ > kMaxExpressionDepth) {
    throw Error(ErrorCode::kLimitExceeded, "statement is nested too deeply",
                fmt::format("queries and expressions nest at most {} deep", kMaxExpressionDepth));
  }
  RefuseClauses(node);
  const bool outermost = std::exchange(outermost_, false);
  auto select = std::make_unique<ast::Select>();
  if (node.with_clause != nullptr) {
    select->with = With(*node.with_clause);
    select->recursive = node.with_clause->recursive;
  }
  if (node.op != PG_QUERY__SET_OPERATION__SETOP_NONE) {
    select->set = node.op == PG_QUERY__SET_OPERATION__SETOP_UNION       ? ast::SetKind::kUnion
                  : node.op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? ast::SetKind::kIntersect
                                                                        : ast::SetKind::kExcept;
    select->set_all = node.all;
    select->left = Select(*node.larg);
    select->right = Select(*node.rarg);
    select->position = select->left->position;
  } else if (node.n_values_lists > 0) {
    Values(node, *select);
  } else {
    Body(node, *select);
  }
  for (size_t i = 0; i < node.n_sort_clause; ++i) select->order_by.push_back(SortItem(*node.sort_clause[i]->sort_by));
  select->limit = TransformOptional(node.limit_count);
  select->offset = TransformOptional(node.limit_offset);
  Locks(node, outermost, *select);
  select->with_ties = node.limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES;
  --depth_;
  return select;
}

void Transformer::Body(const PgQuery__SelectStmt& node, ast::Select& select) {
  select.items = Items(node.target_list, node.n_target_list);
  select.position = select.items.empty() ? 1 : select.items[0].expr->position;
  std::vector<Sample> outer = std::exchange(samples_, {});
  for (size_t i = 0; i < node.n_from_clause; ++i) select.from.push_back(From(*node.from_clause[i]));
  std::swap(outer, samples_);
  select.where = TransformOptional(node.where_clause);
  for (Sample& sample : outer) {
    if (select.where == nullptr) {
      select.where = std::move(sample.condition);
      continue;
    }
    auto both = std::make_unique<ast::Expr>();
    both->kind = ast::ExprKind::kAnd;
    both->arguments.push_back(std::move(sample.condition));
    both->arguments.push_back(std::move(select.where));
    select.where = std::move(both);
  }
  GroupBy(node, select);
  for (size_t i = 0; i < node.n_window_clause; ++i)
    select.windows.push_back(Window(*node.window_clause[i]->window_def));
  select.having = TransformOptional(node.having_clause);
  // Plain DISTINCT is a list of one empty node.
  select.distinct = node.n_distinct_clause > 0;
  for (size_t i = 0; i < node.n_distinct_clause; ++i) {
    if (node.distinct_clause[i]->node_case != PG_QUERY__NODE__NODE__NOT_SET)
      select.distinct_on.push_back(Transform(*node.distinct_clause[i]));
  }
}

std::vector<ast::SelectItem> Transformer::Items(PgQuery__Node* const* nodes, size_t count) {
  if (count > kMaxSelectItems)
    throw Error(ErrorCode::kLimitExceeded, "target lists can have at most 1664 entries", "select fewer columns");
  std::vector<ast::SelectItem> items;
  for (size_t i = 0; i < count; ++i) {
    const PgQuery__ResTarget& target = *nodes[i]->res_target;
    ast::SelectItem item;
    item.expr = Transform(*target.val);
    if (target.name != nullptr && target.name[0] != '\0') item.alias = target.name;
    items.push_back(std::move(item));
  }
  return items;
}

void Transformer::Values(const PgQuery__SelectStmt& node, ast::Select& select) {
  for (size_t i = 0; i < node.n_values_lists; ++i) {
    const PgQuery__List& list = *node.values_lists[i]->list;
    std::vector<ast::ExprPtr> row;
    for (size_t j = 0; j < list.n_items; ++j) {
      if (list.items[j]->node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT)
        throw Error(ErrorCode::kSyntax, "DEFAULT is not allowed in this context", "write the value");
      row.push_back(Transform(*list.items[j]));
    }
    if (row.size() > kMaxSelectItems)
      throw Error(ErrorCode::kLimitExceeded, "VALUES lists can have at most 1664 entries", "write fewer columns");
    if (!select.values.empty() && row.size() != select.values[0].size())
      throw Error(ErrorCode::kSyntax, "VALUES lists must all be the same length", "write every row in full")
          .WithPosition(row.empty() ? 0 : row[0]->position);
    select.values.push_back(std::move(row));
  }
  select.position = select.values[0].empty() ? 0 : select.values[0][0]->position;
}

std::vector<ast::CommonTable> Transformer::With(const PgQuery__WithClause& node) {
  std::vector<ast::CommonTable> tables;
  for (size_t i = 0; i < node.n_ctes; ++i) {
    const PgQuery__CommonTableExpr& cte = *node.ctes[i]->common_table_expr;
    ast::CommonTable table;
    table.name = cte.ctename;
    table.position = Position(cte.location);
    if (cte.search_clause != nullptr || cte.cycle_clause != nullptr)
      ThrowNotSupported("SEARCH and CYCLE", "keep the path in an array and test it in WHERE", table.position);
    for (size_t j = 0; j < cte.n_aliascolnames; ++j) table.columns.push_back(cte.aliascolnames[j]->string->sval);
    using enum ast::CommonTable::Materialised;
    if (cte.ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeAlways) table.materialised = kYes;
    if (cte.ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeNever) table.materialised = kNo;
    if (cte.ctequery->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
      table.query = Select(*cte.ctequery->select_stmt);
    } else if (auto change = TransformChange(*this, *cte.ctequery)) {
      table.change = std::make_shared<ast::Change>(std::move(*change));
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

ast::SortItem Transformer::SortItem(const PgQuery__SortBy& node) {
  if (node.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING)
    ThrowNotSupported("ORDER BY ... USING", "use ASC or DESC", 0);
  ast::SortItem item;
  item.expr = Transform(*node.node);
  item.descending = node.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
  if (node.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST) item.nulls = ast::NullOrder::kFirst;
  if (node.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST) item.nulls = ast::NullOrder::kLast;
  return item;
}

}  // namespace rem::sql

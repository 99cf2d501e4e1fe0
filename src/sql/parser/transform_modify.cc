#include "sql/parser/transform_modify.h"

#include <string>
#include <utility>

#include <rem/error.h>

#include "sql/parser/transform_alter.h"
#include "sql/parser/transform_define.h"

namespace rem::sql {
namespace {

void With(Transformer& t, const PgQuery__WithClause* node, auto& out) {
  if (node == nullptr) return;
  out.with = t.With(*node);
  out.recursive = node->recursive;
}

/// A column with, maybe, a path into it: metadata.status.
ast::Assignment Target(Transformer& t, const PgQuery__ResTarget& node) {
  ast::Assignment target;
  target.position = t.Position(node.location);
  target.path = t.NamesAt(node.location);
  if (target.path.empty()) target.path.push_back({node.name, node.name, true});
  for (size_t i = 0; i < node.n_indirection; ++i) {
    if (node.indirection[i]->node_case != PG_QUERY__NODE__NODE_STRING)
      ThrowNotSupported("assigning to an element of an array", "assign the whole array", target.position);
  }
  if (target.path.size() != node.n_indirection + 1)
    ThrowNotSupported("this kind of target", "name a column", target.position);
  return target;
}

ast::ExprPtr ValueOrDefault(Transformer& t, const PgQuery__Node& node) {
  return node.node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT ? nullptr : t.Transform(node);
}

[[noreturn]] void ThrowColumnCount(int position) {
  throw Error(ErrorCode::kSyntax, "number of columns does not match number of values", "give each column a value")
      .WithPosition(position);
}

/// How many columns a query gives; nullopt with a *, which only the tables tell.
std::optional<size_t> WidthOf(const ast::Select& select) {
  if (select.set != ast::SetKind::kNone) return WidthOf(*select.left);
  if (!select.values.empty()) return select.values[0].size();
  for (const ast::SelectItem& item : select.items) {
    if (item.expr->kind == ast::ExprKind::kStar || item.expr->star) return std::nullopt;
  }
  return select.items.size();
}

/// SET (a, b) = (SELECT x, y ...): of each target its column of the query, as (SELECT column FROM (SELECT x, y ...)).
ast::ExprPtr SelectedColumn(Transformer& t, const PgQuery__MultiAssignRef& multi, int position) {
  const bool subquery = multi.source->node_case == PG_QUERY__NODE__NODE_SUB_LINK &&
                        multi.source->sub_link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK;
  if (!subquery) {
    throw Error(ErrorCode::kNotSupported,
                "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression",
                "set the columns one by one")
        .WithPosition(position);
  }
  auto from = std::make_unique<ast::FromItem>();
  from->kind = ast::FromKind::kSubquery;
  from->position = position;
  from->subquery = t.Select(*multi.source->sub_link->subselect->select_stmt);
  from->alias = "source";
  const auto width = WidthOf(*from->subquery);
  if (!width) ThrowNotSupported("SET (...) = (SELECT * ...)", "name the columns of the query", position);
  if (*width != static_cast<size_t>(multi.ncolumns)) ThrowColumnCount(position);
  for (int i = 1; i <= multi.ncolumns; ++i) from->columns.push_back("column" + std::to_string(i));
  auto column = std::make_unique<ast::Expr>();
  column->kind = ast::ExprKind::kColumn;
  column->position = position;
  const std::string name = "column" + std::to_string(multi.colno);
  column->parts.push_back({name, name, false});
  auto value = std::make_unique<ast::Expr>();
  value->kind = ast::ExprKind::kSubquery;
  value->position = position;
  value->subquery = std::make_unique<ast::Select>();
  value->subquery->position = position;
  value->subquery->items.push_back({std::move(column), std::nullopt});
  value->subquery->from.push_back(std::move(from));
  return value;
}

std::vector<ast::Assignment> Assignments(Transformer& t, PgQuery__Node* const* nodes, size_t count) {
  std::vector<ast::Assignment> set;
  for (size_t i = 0; i < count; ++i) {
    const PgQuery__ResTarget& node = *nodes[i]->res_target;
    ast::Assignment assignment = Target(t, node);
    if (node.val->node_case == PG_QUERY__NODE__NODE_MULTI_ASSIGN_REF) {
      const PgQuery__MultiAssignRef& multi = *node.val->multi_assign_ref;
      if (multi.source->node_case != PG_QUERY__NODE__NODE_ROW_EXPR) {
        assignment.value = SelectedColumn(t, multi, assignment.position);
        set.push_back(std::move(assignment));
        continue;
      }
      const PgQuery__RowExpr& row = *multi.source->row_expr;
      if (static_cast<size_t>(multi.ncolumns) != row.n_args) ThrowColumnCount(assignment.position);
      assignment.value = ValueOrDefault(t, *row.args[multi.colno - 1]);
    } else {
      assignment.value = ValueOrDefault(t, *node.val);
    }
    set.push_back(std::move(assignment));
  }
  return set;
}

ast::OnConflict Conflict(Transformer& t, const PgQuery__OnConflictClause& node) {
  ast::OnConflict conflict;
  conflict.position = t.Position(node.location);
  conflict.update = node.action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE;
  if (node.infer != nullptr) {
    if (node.infer->where_clause != nullptr)
      ThrowNotSupported("ON CONFLICT (...) WHERE", "leave out the condition", conflict.position);
    if (node.infer->conname != nullptr) conflict.constraint = node.infer->conname;
    for (size_t i = 0; i < node.infer->n_index_elems; ++i) {
      const PgQuery__IndexElem& element = *node.infer->index_elems[i]->index_elem;
      if (element.expr != nullptr)
        ThrowNotSupported("ON CONFLICT with an expression", "name columns", conflict.position);
      conflict.columns.push_back({element.name, element.name, false});
    }
  }
  conflict.set = Assignments(t, node.target_list, node.n_target_list);
  conflict.where = t.TransformOptional(node.where_clause);
  return conflict;
}

ast::Insert Insert(Transformer& t, const PgQuery__InsertStmt& node) {
  ast::Insert insert;
  With(t, node.with_clause, insert);
  insert.table = t.Table(*node.relation);
  for (size_t i = 0; i < node.n_cols; ++i) insert.columns.push_back(Target(t, *node.cols[i]->res_target));
  if (node.select_stmt == nullptr) {
    insert.default_values = true;
  } else {
    const PgQuery__SelectStmt& select = *node.select_stmt->select_stmt;
    const bool plain = select.n_values_lists > 0 && select.n_sort_clause == 0 && select.limit_count == nullptr &&
                       select.limit_offset == nullptr && select.with_clause == nullptr;
    if (!plain) insert.source = t.Select(select);
    for (size_t i = 0; plain && i < select.n_values_lists; ++i) {
      const PgQuery__List& list = *select.values_lists[i]->list;
      std::vector<ast::ExprPtr>& row = insert.rows.emplace_back();
      for (size_t j = 0; j < list.n_items; ++j) row.push_back(ValueOrDefault(t, *list.items[j]));
      if (row.size() != insert.rows[0].size())
        throw Error(ErrorCode::kSyntax, "VALUES lists must all be the same length", "write every row in full");
    }
  }
  if (node.on_conflict_clause != nullptr) insert.conflict = Conflict(t, *node.on_conflict_clause);
  insert.returning = t.Items(node.returning_list, node.n_returning_list);
  return insert;
}

ast::Update Update(Transformer& t, const PgQuery__UpdateStmt& node) {
  ast::Update update;
  With(t, node.with_clause, update);
  update.table = t.Table(*node.relation);
  update.set = Assignments(t, node.target_list, node.n_target_list);
  for (size_t i = 0; i < node.n_from_clause; ++i) update.from.push_back(t.From(*node.from_clause[i]));
  update.where = t.TransformOptional(node.where_clause);
  update.returning = t.Items(node.returning_list, node.n_returning_list);
  return update;
}

ast::Delete Delete(Transformer& t, const PgQuery__DeleteStmt& node) {
  ast::Delete del;
  With(t, node.with_clause, del);
  del.table = t.Table(*node.relation);
  for (size_t i = 0; i < node.n_using_clause; ++i) del.from.push_back(t.From(*node.using_clause[i]));
  del.where = t.TransformOptional(node.where_clause);
  del.returning = t.Items(node.returning_list, node.n_returning_list);
  return del;
}

ast::MergeClause MergeClause(Transformer& t, const PgQuery__MergeWhenClause& node, int position) {
  using enum ast::MergeClause::Action;
  ast::MergeClause clause;
  clause.matched = node.matched;
  clause.condition = t.TransformOptional(node.condition);
  switch (node.command_type) {
    case PG_QUERY__CMD_TYPE__CMD_UPDATE:
      clause.action = kUpdate;
      clause.set = Assignments(t, node.target_list, node.n_target_list);
      break;
    case PG_QUERY__CMD_TYPE__CMD_DELETE:
      clause.action = kDelete;
      break;
    case PG_QUERY__CMD_TYPE__CMD_INSERT:
      clause.action = kInsert;
      if (node.override != PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET)
        ThrowNotSupported("OVERRIDING in MERGE", "leave the column out", position);
      for (size_t i = 0; i < node.n_target_list; ++i)
        clause.columns.push_back(Target(t, *node.target_list[i]->res_target));
      for (size_t i = 0; i < node.n_values; ++i) clause.values.push_back(ValueOrDefault(t, *node.values[i]));
      break;
    default:
      break;
  }
  return clause;
}

ast::Merge Merge(Transformer& t, const PgQuery__MergeStmt& node) {
  ast::Merge merge;
  With(t, node.with_clause, merge);
  merge.table = t.Table(*node.relation);
  merge.source = t.From(*node.source_relation);
  merge.on = t.Transform(*node.join_condition);
  for (const ast::CommonTable& common : merge.with) {
    if (common.change != nullptr)
      ThrowNotSupported("changes in the WITH of MERGE", "run them in a statement of their own", common.position);
  }
  for (size_t i = 0; i < node.n_merge_when_clauses; ++i)
    merge.clauses.push_back(MergeClause(t, *node.merge_when_clauses[i]->merge_when_clause, merge.table.position));
  return merge;
}

ast::TransactionControl Control(const PgQuery__TransactionStmt& node) {
  using enum ast::TransactionVerb;
  ast::TransactionControl control;
  if (node.savepoint_name != nullptr) control.savepoint = node.savepoint_name;
  if (node.chain) ThrowNotSupported("AND CHAIN", "begin the next transaction with BEGIN", 1);
  switch (node.kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START:
      control.verb = kBegin;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
      control.verb = kCommit;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
      control.verb = kRollback;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
      control.verb = kSavepoint;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE:
      control.verb = kRelease;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO:
      control.verb = kRollbackTo;
      break;
    default:
      ThrowNotSupported("two-phase commit", "use COMMIT", 1);
  }
  for (size_t i = 0; i < node.n_options; ++i) {
    const PgQuery__DefElem& option = *node.options[i]->def_elem;
    const std::string_view name = option.defname;
    const bool text = option.arg != nullptr && option.arg->node_case == PG_QUERY__NODE__NODE_A_CONST &&
                      option.arg->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL;
    const std::string_view value = text ? option.arg->a_const->sval->sval : "";
    // Weaker levels get snapshot isolation, which keeps all that they promise.
    const bool level = name == "transaction_isolation" &&
                       (value == "read committed" || value == "read uncommitted" || value == "repeatable read");
    if (!level)
      ThrowNotSupported("this transaction mode", "isolation levels up to REPEATABLE READ work; leave out the others",
                        1);
  }
  return control;
}

ast::Truncate Truncate(Transformer& t, const PgQuery__TruncateStmt& node) {
  ast::Truncate truncate;
  truncate.cascade = node.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  truncate.restart_identity = node.restart_seqs;
  for (size_t i = 0; i < node.n_relations; ++i) truncate.tables.push_back(t.Table(*node.relations[i]->range_var));
  return truncate;
}

}  // namespace

std::optional<ast::Change> TransformChange(Transformer& t, const PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      return ast::Change{Insert(t, *node.insert_stmt)};
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      return ast::Change{Update(t, *node.update_stmt)};
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      return ast::Change{Delete(t, *node.delete_stmt)};
    case PG_QUERY__NODE__NODE_MERGE_STMT:
      return ast::Change{Merge(t, *node.merge_stmt)};
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
      return ast::Change{Truncate(t, *node.truncate_stmt)};
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
      return ast::Change{Control(*node.transaction_stmt)};
    case PG_QUERY__NODE__NODE_CREATE_STMT:
      return ast::Change{TransformCreateTable(t, *node.create_stmt)};
    case PG_QUERY__NODE__NODE_VIEW_STMT:
      return ast::Change{TransformCreateView(t, *node.view_stmt)};
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
      return ast::Change{TransformCreateSequence(t, *node.create_seq_stmt)};
    case PG_QUERY__NODE__NODE_ALTER_SEQ_STMT:
      return ast::Change{TransformAlterSequence(t, *node.alter_seq_stmt)};
    case PG_QUERY__NODE__NODE_DROP_STMT:
      if (node.drop_stmt->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX)
        return ast::Change{TransformDropIndex(*node.drop_stmt)};
      return ast::Change{TransformDrop(t, *node.drop_stmt)};
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
      return ast::Change{TransformAlterTable(t, *node.alter_table_stmt)};
    case PG_QUERY__NODE__NODE_RENAME_STMT:
      return ast::Change{TransformRename(t, *node.rename_stmt)};
    case PG_QUERY__NODE__NODE_INDEX_STMT:
      return ast::Change{TransformCreateIndex(t, *node.index_stmt)};
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
      return ast::Change{TransformCreateTableAs(t, *node.create_table_as_stmt)};
    case PG_QUERY__NODE__NODE_SELECT_STMT:
      if (node.select_stmt->into_clause == nullptr) return std::nullopt;
      return ast::Change{TransformSelectInto(t, *node.select_stmt)};
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
      return ast::Change{TransformComment(*node.comment_stmt)};
    default:
      return TransformSession(t, node);
  }
}

}  // namespace rem::sql

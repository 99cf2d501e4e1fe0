#include "sql/parser/transform_alter.h"

#include <string>
#include <utility>

#include <rem/error.h>

#include "sql/parser/transform_define.h"

namespace rem::sql {
namespace {

using ast::AlterAction;
using ast::AlterKind;

/// The last name of a list; "public." before it is dropped.
std::string NameOfList(const PgQuery__List& list, size_t skip_last = 0) {
  std::string name;
  for (size_t i = 0; i + skip_last < list.n_items; ++i) {
    const std::string part = list.items[i]->string->sval;
    if (name.empty() && part == "public" && i + 1 + skip_last < list.n_items) continue;
    name += (name.empty() ? "" : ".") + part;
  }
  return name;
}

void AddColumnAction(Transformer& t, const PgQuery__AlterTableCmd& node, AlterAction& action) {
  action.column = TransformColumn(t, *node.def->column_def, action.constraints);
  action.name = action.column.name.text;
  action.position = action.column.position;
}

AlterAction Action(Transformer& t, const PgQuery__AlterTableCmd& node) {
  AlterAction action;
  action.if_exists = node.missing_ok;
  action.cascade = node.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  if (node.name != nullptr) action.name = node.name;
  switch (node.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn:
      action.kind = AlterKind::kAddColumn;
      AddColumnAction(t, node, action);
      return action;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
      action.kind = AlterKind::kDropColumn;
      return action;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
      action.kind = node.def == nullptr ? AlterKind::kDropDefault : AlterKind::kSetDefault;
      if (node.def != nullptr) action.default_value = TransformStored(t, node.def);
      return action;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull:
      action.kind = AlterKind::kSetNotNull;
      return action;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull:
      action.kind = AlterKind::kDropNotNull;
      return action;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType: {
      const PgQuery__ColumnDef& column = *node.def->column_def;
      action.kind = AlterKind::kSetType;
      action.position = t.Position(column.location);
      action.type = t.Type(*column.type_name);
      if (column.raw_default != nullptr)
        ThrowNotSupported("ALTER COLUMN TYPE ... USING", "add a column, UPDATE it, drop the old one", action.position);
      return action;
    }
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint: {
      const PgQuery__Constraint& constraint = *node.def->constraint;
      action.kind = AlterKind::kAddConstraint;
      if (constraint.skip_validation) ThrowNotSupported("NOT VALID", "leave it out", t.Position(constraint.location));
      action.constraints.push_back(TransformConstraint(t, constraint));
      return action;
    }
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint:
      action.kind = AlterKind::kDropConstraint;
      return action;
    default:
      ThrowNotSupported(
          "this kind of ALTER TABLE",
          "ADD, DROP and RENAME of columns and constraints, ALTER COLUMN ... DEFAULT, NOT NULL and TYPE work", 1);
  }
}

}  // namespace

ast::AlterTable TransformAlterTable(Transformer& t, const PgQuery__AlterTableStmt& node) {
  if (node.objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE)
    ThrowNotSupported("ALTER of anything but a table", "ALTER TABLE works", 1);
  ast::AlterTable alter;
  alter.table = t.Table(*node.relation);
  alter.table.name = TableNameOf(*node.relation);
  alter.if_exists = node.missing_ok;
  for (size_t i = 0; i < node.n_cmds; ++i) {
    AlterAction action = Action(t, *node.cmds[i]->alter_table_cmd);
    if (action.position == 0) action.position = alter.table.position;
    alter.actions.push_back(std::move(action));
  }
  return alter;
}

ast::AlterTable TransformRename(Transformer& t, const PgQuery__RenameStmt& node) {
  AlterAction action;
  action.new_name = node.newname;
  if (node.subname != nullptr) action.name = node.subname;
  const bool of_table = node.relation_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
  if (node.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) {
    action.kind = AlterKind::kRenameTable;
  } else if (node.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN && of_table) {
    action.kind = AlterKind::kRenameColumn;
  } else if (node.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT) {
    action.kind = AlterKind::kRenameConstraint;
  } else {
    ThrowNotSupported("this kind of RENAME", "tables, columns and constraints can be renamed", 1);
  }
  ast::AlterTable alter;
  alter.table = t.Table(*node.relation);
  alter.table.name = TableNameOf(*node.relation);
  alter.if_exists = node.missing_ok;
  action.position = alter.table.position;
  alter.actions.push_back(std::move(action));
  return alter;
}

namespace {

std::string NameOfItems(PgQuery__Node** items, size_t count) {
  return count == 0 ? std::string() : items[count - 1]->string->sval;
}

std::string IndexOption(const PgQuery__DefElem& option) {
  if (option.arg == nullptr) return "true";
  switch (option.arg->node_case) {
    case PG_QUERY__NODE__NODE_INTEGER:
      return std::to_string(option.arg->integer->ival);
    case PG_QUERY__NODE__NODE_FLOAT:
      return option.arg->float_->fval;
    case PG_QUERY__NODE__NODE_STRING:
      return option.arg->string->sval;
    case PG_QUERY__NODE__NODE_TYPE_NAME:
      return NameOfItems(option.arg->type_name->names, option.arg->type_name->n_names);
    default:
      return "?";
  }
}

}  // namespace

ast::CreateIndex TransformCreateIndex(Transformer& t, const PgQuery__IndexStmt& node) {
  ast::CreateIndex index;
  index.table = t.Table(*node.relation);
  index.table.name = TableNameOf(*node.relation);
  index.position = index.table.position;
  if (node.idxname != nullptr) index.name = node.idxname;
  index.unique = node.unique;
  index.if_not_exists = node.if_not_exists;
  const std::string_view method =
      node.access_method == nullptr || *node.access_method == 0 ? "btree" : node.access_method;
  if (method == "ivfflat")
    ThrowNotSupported("indexes of type ivfflat", "hnsw is the kind of vector index there is", index.position);
  index.vectors = method == "hnsw";
  if (method != "btree" && method != "hash" && !index.vectors)
    ThrowNotSupported("indexes of type " + std::string(method), "btree and hnsw are the kinds there are",
                      index.position);
  if (node.where_clause != nullptr) ThrowNotSupported("partial indexes", "index all rows", index.position);
  if (node.nulls_not_distinct) ThrowNotSupported("NULLS NOT DISTINCT", "declare the columns NOT NULL", index.position);
  // INCLUDE only asks for a faster index; DESC and NULLS FIRST for a direction, and an index is read in both.
  for (size_t i = 0; i < node.n_index_params; ++i) {
    const PgQuery__IndexElem& element = *node.index_params[i]->index_elem;
    if (element.expr != nullptr) ThrowNotSupported("indexes over expressions", "index columns", index.position);
    index.columns.emplace_back(element.name);
    index.operator_classes.push_back(NameOfItems(element.opclass, element.n_opclass));
  }
  for (size_t i = 0; index.vectors && i < node.n_options; ++i) {
    const PgQuery__DefElem& option = *node.options[i]->def_elem;
    index.options.emplace_back(option.defname, IndexOption(option));
  }
  return index;
}

ast::DropIndexes TransformDropIndex(const PgQuery__DropStmt& node) {
  ast::DropIndexes drop;
  drop.if_exists = node.missing_ok;
  for (size_t i = 0; i < node.n_objects; ++i) drop.names.push_back(NameOfList(*node.objects[i]->list));
  return drop;
}

namespace {

ast::CreateTableAs Into(Transformer& t, const PgQuery__IntoClause& into) {
  ast::CreateTableAs create;
  create.table = t.Table(*into.rel);
  create.table.name = TableNameOf(*into.rel);
  create.lifetime = TransformLifetime(*into.rel, into.on_commit);
  for (size_t i = 0; i < into.n_col_names; ++i) create.columns.emplace_back(into.col_names[i]->string->sval);
  create.with_data = !into.skip_data;
  return create;
}

}  // namespace

ast::CreateTableAs TransformSelectInto(Transformer& t, PgQuery__SelectStmt& node) {
  ast::CreateTableAs create = Into(t, *node.into_clause);
  // What is left is the query; whoever owns the tree gets it back whole.
  PgQuery__IntoClause* const into = std::exchange(node.into_clause, nullptr);
  try {
    create.query = t.Select(node);
  } catch (...) {
    node.into_clause = into;
    throw;
  }
  node.into_clause = into;
  return create;
}

ast::CreateTableAs TransformCreateTableAs(Transformer& t, const PgQuery__CreateTableAsStmt& node) {
  if (node.objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE)
    ThrowNotSupported("materialized views", "CREATE TABLE ... AS", 1);
  ast::CreateTableAs create = Into(t, *node.into);
  create.if_not_exists = node.if_not_exists;
  if (node.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
    ThrowNotSupported("CREATE TABLE AS EXECUTE", "write the SELECT", create.table.position);
  create.query = t.Select(*node.query->select_stmt);
  return create;
}

ast::Comment TransformComment(const PgQuery__CommentStmt& node) {
  ast::Comment comment;
  if (node.comment != nullptr) comment.text = node.comment;
  if (node.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) {
    comment.table.name = NameOfList(*node.object->list);
  } else if (node.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN) {
    const PgQuery__List& names = *node.object->list;
    comment.table.name = NameOfList(names, 1);
    comment.column = names.items[names.n_items - 1]->string->sval;
  } else {
    ThrowNotSupported("COMMENT ON anything but tables and columns", "leave it out", 1);
  }
  return comment;
}

}  // namespace rem::sql

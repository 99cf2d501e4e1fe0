#include "sql/parser/transform_define.h"

#include <algorithm>
#include <string>
#include <utility>

#include <rem/error.h>

namespace rem::sql {
namespace {

void ColumnConstraint(Transformer& t, const PgQuery__Constraint& node, ast::ColumnDefinition& column) {
  const int position = t.Position(node.location);
  switch (node.contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_NULL:
      return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
      column.not_null = true;
      return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
      column.primary_key = true;
      return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
      column.default_value = t.Transform(*node.raw_expr);
      return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
      ThrowNotSupported("UNIQUE", "make the column the PRIMARY KEY", position);
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
      ThrowNotSupported("CHECK", "register a JSON Schema with the rule (minimum, maxLength, pattern, enum, ...)",
                        position);
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
      ThrowNotSupported("REFERENCES", "leave out the foreign key", position);
    default:
      ThrowNotSupported("this kind of constraint", "NOT NULL, DEFAULT and PRIMARY KEY work", position);
  }
}

ast::ColumnDefinition Column(Transformer& t, const PgQuery__ColumnDef& node) {
  ast::ColumnDefinition column;
  column.position = t.Position(node.location);
  column.name = {node.colname, node.colname, true};
  column.type = t.Type(*node.type_name);
  if (node.coll_clause != nullptr) ThrowNotSupported("COLLATE", "texts compare by their bytes", column.position);
  for (size_t i = 0; i < node.n_constraints; ++i) ColumnConstraint(t, *node.constraints[i]->constraint, column);
  return column;
}

}  // namespace

ast::CreateTable TransformCreateTable(Transformer& t, const PgQuery__CreateStmt& node) {
  ast::CreateTable create;
  create.table = t.Table(*node.relation);
  create.if_not_exists = node.if_not_exists;
  const int position = create.table.position;
  if (node.n_inh_relations > 0) ThrowNotSupported("INHERITS", "name all columns", position);
  if (node.partspec != nullptr || node.partbound != nullptr)
    ThrowNotSupported("partitions", "make one table", position);
  if (node.relation->relpersistence != nullptr && std::string_view(node.relation->relpersistence) == "t")
    ThrowNotSupported("TEMPORARY tables", "make a table and drop it afterwards", position);
  for (size_t i = 0; i < node.n_table_elts; ++i) {
    const PgQuery__Node& element = *node.table_elts[i];
    if (element.node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) {
      create.columns.push_back(Column(t, *element.column_def));
      continue;
    }
    if (element.node_case != PG_QUERY__NODE__NODE_CONSTRAINT)
      ThrowNotSupported("LIKE in CREATE TABLE", "name all columns", position);
    const PgQuery__Constraint& constraint = *element.constraint;
    if (constraint.contype != PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY) {
      ast::ColumnDefinition none;
      ColumnConstraint(t, constraint, none);
      ThrowNotSupported("this kind of constraint", "NOT NULL, DEFAULT and PRIMARY KEY work", position);
    }
    for (size_t k = 0; k < constraint.n_keys; ++k) create.primary_key.push_back(constraint.keys[k]->string->sval);
  }
  return create;
}

ast::DropTables TransformDrop(Transformer& /*t*/, const PgQuery__DropStmt& node) {
  if (node.remove_type != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE)
    ThrowNotSupported("this kind of DROP", "DROP TABLE works", 1);
  if (node.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE)
    ThrowNotSupported("DROP TABLE ... CASCADE", "drop the tables one by one", 1);
  ast::DropTables drop;
  drop.if_exists = node.missing_ok;
  for (size_t i = 0; i < node.n_objects; ++i) {
    ast::TableName table;
    const PgQuery__List& names = *node.objects[i]->list;
    for (size_t j = 0; j < names.n_items; ++j)
      table.name += (j == 0 ? "" : ".") + std::string(names.items[j]->string->sval);
    drop.tables.push_back(std::move(table));
  }
  return drop;
}

}  // namespace rem::sql

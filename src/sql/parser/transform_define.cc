#include "sql/parser/transform_define.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include <pg_query.h>
#include <rem/error.h>

namespace rem::sql {
namespace {

std::vector<std::string> Names(PgQuery__Node* const* nodes, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.emplace_back(nodes[i]->string->sval);
  return names;
}

ast::ReferenceAction Action(const char* code, int position) {
  switch (code == nullptr || *code == 0 ? 'a' : *code) {
    case 'c':
      return ast::ReferenceAction::kCascade;
    case 'n':
      return ast::ReferenceAction::kSetNull;
    case 'd':
      ThrowNotSupported("ON DELETE or ON UPDATE SET DEFAULT", "NO ACTION, RESTRICT, CASCADE and SET NULL work",
                        position);
    default:
      return ast::ReferenceAction::kNoAction;
  }
}

/// What a constraint of a column says about the column itself; false for one that is a constraint of the table.
bool ColumnProperty(Transformer& t, const PgQuery__Constraint& node, ast::ColumnDefinition& column) {
  const int position = t.Position(node.location);
  switch (node.contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_NULL:
      return true;
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
      column.not_null = true;
      return true;
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
      column.default_value = TransformStored(t, node.raw_expr);
      return true;
    case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
      if (node.n_options > 0) ThrowNotSupported("options of a sequence", "leave them out", position);
      column.sequence = true;
      column.not_null = true;
      column.always = node.generated_when != nullptr && *node.generated_when == 'a';
      return true;
    case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
      ThrowNotSupported("GENERATED ALWAYS AS (...) STORED", "compute it in the queries", position);
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_NOT_DEFERRABLE:
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_IMMEDIATE:
      return true;
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRABLE:
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRED:
      ThrowNotSupported("DEFERRABLE constraints", "leave out DEFERRABLE", position);
    default:
      return false;
  }
}

bool TakeSerial(ast::TypeName& type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSerials = {{{"serial", "int4"},
                                                                                      {"serial4", "int4"},
                                                                                      {"bigserial", "int8"},
                                                                                      {"serial8", "int8"},
                                                                                      {"smallserial", "int2"},
                                                                                      {"serial2", "int2"}}};
  for (const auto& [name, integer] : kSerials) {
    if (type.name != name) continue;
    type.name = integer;
    return true;
  }
  return false;
}

}  // namespace

namespace {

/// Deparses a parse tree of our own around `node`, which gives it the shape that the deparser takes.
template <typename Place>
std::string Deparse(PgQuery__Node* node, Place place) {
  PgQueryProtobufParseResult frame = pg_query_parse_protobuf("SELECT 1");
  PgQuery__ParseResult* tree = pg_query__parse_result__unpack(nullptr, frame.parse_tree.len,
                                                              reinterpret_cast<const uint8_t*>(frame.parse_tree.data));
  pg_query_free_protobuf_parse_result(frame);
  if (tree == nullptr) throw Error(ErrorCode::kInternal, "parse tree cannot be read", "please report the statement");
  PgQuery__Node** const hole = place(*tree);
  PgQuery__Node* const inside = std::exchange(*hole, node);
  std::string packed(pg_query__parse_result__get_packed_size(tree), '\0');
  pg_query__parse_result__pack(tree, reinterpret_cast<uint8_t*>(packed.data()));
  *hole = inside;
  pg_query__parse_result__free_unpacked(tree, nullptr);
  const PgQueryDeparseResult result = pg_query_deparse_protobuf({packed.size(), packed.data()});
  std::string text = result.query == nullptr ? "" : result.query;
  pg_query_free_deparse_result(result);
  if (text.empty()) ThrowNotSupported("this expression in a definition", "write it in a simpler form", 1);
  return text;
}

}  // namespace

std::string DeparseStatement(PgQuery__Node* node) {
  return Deparse(node, [](PgQuery__ParseResult& tree) { return &tree.stmts[0]->stmt; });
}

std::string DeparseExpression(PgQuery__Node* node) {
  const std::string text = Deparse(node, [](PgQuery__ParseResult& tree) {
    return &tree.stmts[0]->stmt->select_stmt->target_list[0]->res_target->val;
  });
  constexpr std::string_view kFrame = "SELECT ";
  if (!text.starts_with(kFrame)) ThrowNotSupported("this expression in a definition", "write it in a simpler form", 1);
  return text.substr(kFrame.size());
}

ast::StoredExpr TransformStored(Transformer& t, PgQuery__Node* node) {
  ast::StoredExpr stored;
  stored.expr = t.Transform(*node);
  stored.text = DeparseExpression(node);
  return stored;
}

ast::Constraint TransformConstraint(Transformer& t, const PgQuery__Constraint& node) {
  ast::Constraint constraint;
  constraint.position = t.Position(node.location);
  if (node.conname != nullptr) constraint.name = node.conname;
  if (node.deferrable || node.initdeferred)
    ThrowNotSupported("DEFERRABLE constraints", "leave out DEFERRABLE", constraint.position);
  constraint.columns = Names(node.keys, node.n_keys);
  switch (node.contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
      constraint.kind = ast::ConstraintKind::kPrimaryKey;
      break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
      constraint.kind = ast::ConstraintKind::kUnique;
      if (node.nulls_not_distinct)
        ThrowNotSupported("NULLS NOT DISTINCT", "declare the columns NOT NULL", constraint.position);
      break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
      constraint.kind = ast::ConstraintKind::kCheck;
      constraint.check = TransformStored(t, node.raw_expr);
      break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
      constraint.kind = ast::ConstraintKind::kForeignKey;
      constraint.columns = Names(node.fk_attrs, node.n_fk_attrs);
      constraint.table = t.Table(*node.pktable);
      constraint.table.name = TableNameOf(*node.pktable);
      constraint.references = Names(node.pk_attrs, node.n_pk_attrs);
      constraint.on_delete = Action(node.fk_del_action, constraint.position);
      constraint.on_update = Action(node.fk_upd_action, constraint.position);
      if (node.fk_matchtype != nullptr && *node.fk_matchtype == 'f')
        ThrowNotSupported("MATCH FULL", "leave it out", constraint.position);
      break;
    default:
      ThrowNotSupported("this kind of constraint", "PRIMARY KEY, UNIQUE, CHECK and FOREIGN KEY work",
                        constraint.position);
  }
  if (node.indexname != nullptr && *node.indexname != 0)
    ThrowNotSupported("USING INDEX", "name the columns", constraint.position);
  return constraint;
}

ast::ColumnDefinition TransformColumn(Transformer& t, const PgQuery__ColumnDef& node,
                                      std::vector<ast::Constraint>& constraints) {
  ast::ColumnDefinition column;
  column.position = t.Position(node.location);
  column.name = {node.colname, node.colname, true};
  if (node.type_name == nullptr) ThrowNotSupported("a column without a type", "give it one", column.position);
  column.type = t.Type(*node.type_name);
  if (TakeSerial(column.type)) column.sequence = column.not_null = true;
  if (node.coll_clause != nullptr) {
    const PgQuery__CollateClause& collate = *node.coll_clause;
    const std::string_view name = collate.collname[collate.n_collname - 1]->string->sval;
    if (name != "C" && name != "POSIX")
      ThrowNotSupported("COLLATE", "texts compare by their bytes, as with COLLATE \"C\"", column.position);
  }
  for (size_t i = 0; i < node.n_constraints; ++i) {
    const PgQuery__Constraint& one = *node.constraints[i]->constraint;
    if (ColumnProperty(t, one, column)) continue;
    ast::Constraint constraint = TransformConstraint(t, one);
    constraint.columns = {column.name.text};
    constraints.push_back(std::move(constraint));
  }
  return column;
}

std::string TableNameOf(const PgQuery__RangeVar& node) {
  const std::string_view schema = node.schemaname == nullptr ? "" : node.schemaname;
  return schema.empty() || schema == "public" || schema == "pg_temp" ? std::string(node.relname)
                                                                     : std::string(schema) + "." + node.relname;
}

bool IsTemporary(const PgQuery__RangeVar& node) {
  return (node.relpersistence != nullptr && std::string_view(node.relpersistence) == "t") ||
         (node.schemaname != nullptr && std::string_view(node.schemaname) == "pg_temp");
}

ast::Lifetime TransformLifetime(const PgQuery__RangeVar& node, PgQuery__OnCommitAction on_commit) {
  ast::Lifetime lifetime;
  lifetime.temporary = IsTemporary(node);
  lifetime.drop_on_commit = on_commit == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DROP;
  if (on_commit == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DELETE_ROWS)
    ThrowNotSupported("ON COMMIT DELETE ROWS", "delete the rows, or write ON COMMIT DROP", 1);
  if (lifetime.drop_on_commit && !lifetime.temporary) {
    throw Error(ErrorCode::kInvalidArgument, "ON COMMIT can only be used on temporary tables", "write TEMPORARY")
        .WithSqlState("42P16");
  }
  return lifetime;
}

namespace {

// The options are bits of PostgreSQL's TableLikeOption; INCLUDING ALL sets them all.
ast::LikeTable TransformLike(Transformer& t, const PgQuery__TableLikeClause& node, size_t at) {
  constexpr uint32_t kComments = 1, kConstraints = 4, kDefaults = 8, kIdentity = 32, kIndexes = 64;
  ast::LikeTable like;
  like.table = t.Table(*node.relation);
  like.table.name = TableNameOf(*node.relation);
  like.at = at;
  like.comments = (node.options & kComments) != 0;
  like.constraints = (node.options & kConstraints) != 0;
  like.defaults = (node.options & kDefaults) != 0;
  like.identity = (node.options & kIdentity) != 0;
  like.indexes = (node.options & kIndexes) != 0;
  return like;
}

}  // namespace

ast::CreateTable TransformCreateTable(Transformer& t, const PgQuery__CreateStmt& node) {
  ast::CreateTable create;
  create.table = t.Table(*node.relation);
  create.table.name = TableNameOf(*node.relation);
  create.if_not_exists = node.if_not_exists;
  const int position = create.table.position;
  if (node.n_inh_relations > 0) ThrowNotSupported("INHERITS", "name all columns", position);
  if (node.partspec != nullptr || node.partbound != nullptr)
    ThrowNotSupported("partitions", "make one table", position);
  if (node.of_typename != nullptr) ThrowNotSupported("CREATE TABLE ... OF", "name all columns", position);
  create.lifetime = TransformLifetime(*node.relation, node.oncommit);
  for (size_t i = 0; i < node.n_table_elts; ++i) {
    const PgQuery__Node& element = *node.table_elts[i];
    if (element.node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) {
      create.columns.push_back(TransformColumn(t, *element.column_def, create.constraints));
    } else if (element.node_case == PG_QUERY__NODE__NODE_CONSTRAINT) {
      create.constraints.push_back(TransformConstraint(t, *element.constraint));
    } else if (element.node_case == PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE) {
      create.likes.push_back(TransformLike(t, *element.table_like_clause, create.columns.size()));
    } else {
      ThrowNotSupported("this part of CREATE TABLE", "name columns and constraints", position);
    }
  }
  return create;
}

ast::CreateView TransformCreateView(Transformer& t, const PgQuery__ViewStmt& node) {
  ast::CreateView create;
  create.view = t.Table(*node.view);
  create.view.name = TableNameOf(*node.view);
  create.temporary = IsTemporary(*node.view);
  if (node.with_check_option != PG_QUERY__VIEW_CHECK_OPTION__NO_CHECK_OPTION || node.n_options > 0)
    ThrowNotSupported("options of a view", "leave them out", create.view.position);
  if (node.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT || node.query->select_stmt->into_clause != nullptr)
    ThrowNotSupported("a view of this statement", "views are made of a SELECT or VALUES", create.view.position);
  for (size_t i = 0; i < node.n_aliases; ++i) create.columns.emplace_back(node.aliases[i]->string->sval);
  create.replace = node.replace;
  create.query = t.Select(*node.query->select_stmt);
  create.text = DeparseStatement(node.query);
  return create;
}

ast::DropTables TransformDrop(Transformer& /*t*/, const PgQuery__DropStmt& node) {
  const bool view = node.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW;
  const bool sequence = node.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE;
  if (!view && !sequence && node.remove_type != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE)
    ThrowNotSupported("this kind of DROP", "DROP TABLE, DROP VIEW, DROP SEQUENCE and DROP INDEX work", 1);
  ast::DropTables drop;
  drop.views = view;
  drop.sequences = sequence;
  drop.if_exists = node.missing_ok;
  drop.cascade = node.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  for (size_t i = 0; i < node.n_objects; ++i) {
    ast::TableName table;
    const PgQuery__List& names = *node.objects[i]->list;
    for (size_t j = 0; j < names.n_items; ++j) {
      const std::string part = names.items[j]->string->sval;
      if (j + 1 < names.n_items && part == "public") continue;
      table.name += (table.name.empty() ? "" : ".") + part;
    }
    drop.tables.push_back(std::move(table));
  }
  return drop;
}

}  // namespace rem::sql

#include <string>
#include <utility>

#include <pg_query.h>
#include <rem/error.h>

#include "sql/parser/transform_alter.h"
#include "sql/parser/transform_define.h"

namespace rem::sql {
namespace {

ast::Prepare Prepared(Transformer& t, const PgQuery__PrepareStmt& node) {
  ast::Prepare prepare;
  prepare.name = node.name;
  for (size_t i = 0; i < node.n_argtypes; ++i) prepare.types.push_back(t.Type(*node.argtypes[i]->type_name));
  prepare.text = DeparseStatement(node.query);
  return prepare;
}

ast::Execute Executed(Transformer& t, const PgQuery__ExecuteStmt& node) {
  ast::Execute execute;
  execute.name = node.name;
  for (size_t i = 0; i < node.n_params; ++i) execute.arguments.push_back(t.Transform(*node.params[i]));
  return execute;
}

std::string ValueText(const PgQuery__Node& node) {
  if (node.node_case == PG_QUERY__NODE__NODE_TYPE_CAST) return ValueText(*node.type_cast->arg);
  if (node.node_case != PG_QUERY__NODE__NODE_A_CONST) ThrowNotSupported("this value of SET", "write a constant", 1);
  const PgQuery__AConst& value = *node.a_const;
  switch (value.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
      return std::to_string(value.ival->ival);
    case PG_QUERY__A__CONST__VAL_FVAL:
      return value.fval->fval;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
      return value.boolval->boolval ? "on" : "off";
    case PG_QUERY__A__CONST__VAL_SVAL:
      return value.sval->sval;
    default:
      ThrowNotSupported("this value of SET", "write a constant", 1);
  }
}

// SET TRANSACTION and SET SESSION CHARACTERISTICS: weaker levels get snapshot isolation, which keeps all that they
// promise.
ast::Setting Isolation(const PgQuery__VariableSetStmt& node) {
  for (size_t i = 0; i < node.n_args; ++i) {
    const PgQuery__Node& arg = *node.args[i];
    const bool level = arg.node_case == PG_QUERY__NODE__NODE_DEF_ELEM &&
                       std::string_view(arg.def_elem->defname) == "transaction_isolation";
    const std::string value = level ? ValueText(*arg.def_elem->arg) : "";
    if (value != "read committed" && value != "read uncommitted" && value != "repeatable read")
      ThrowNotSupported("this transaction mode", "isolation levels up to REPEATABLE READ work; leave out the others",
                        1);
  }
  return {ast::SettingVerb::kReset, "transaction_isolation", {}, true};
}

ast::Setting Set(const PgQuery__VariableSetStmt& node) {
  ast::Setting setting;
  if (node.name != nullptr) setting.name = node.name;
  setting.local = node.is_local;
  switch (node.kind) {
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_VALUE:
      for (size_t i = 0; i < node.n_args; ++i) setting.value += (i == 0 ? "" : ", ") + ValueText(*node.args[i]);
      return setting;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_DEFAULT:
    case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET:
      setting.verb = ast::SettingVerb::kReset;
      return setting;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL:
      setting.verb = ast::SettingVerb::kResetAll;
      return setting;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI:
      return Isolation(node);
    default:
      ThrowNotSupported("this kind of SET", "SET name = value works", 1);
  }
}

ast::Maintenance Maintain(Transformer& t, const PgQuery__VacuumStmt& node) {
  ast::Maintenance maintenance;
  maintenance.vacuum = node.is_vacuumcmd;
  maintenance.analyze = !node.is_vacuumcmd;
  for (size_t i = 0; i < node.n_options; ++i) {
    const PgQuery__DefElem& option = *node.options[i]->def_elem;
    const std::string value = OptionValue(option);
    // FULL, FREEZE and the others say how PostgreSQL's files are cleaned up.
    if (std::string_view(option.defname) == "analyze") maintenance.analyze |= value == "true" || value == "on";
  }
  for (size_t i = 0; i < node.n_rels; ++i) {
    const PgQuery__VacuumRelation& relation = *node.rels[i]->vacuum_relation;
    ast::Maintenance::Target& target = maintenance.targets.emplace_back();
    target.table = t.Table(*relation.relation);
    for (size_t c = 0; c < relation.n_va_cols; ++c) target.columns.push_back(relation.va_cols[c]->string->sval);
  }
  return maintenance;
}

ast::DeclareCursor Declared(Transformer& t, const PgQuery__DeclareCursorStmt& node) {
  // PostgreSQL's CURSOR_OPT_ bits; BINARY asks for another format of the protocol.
  constexpr int kBinary = 1, kNoScroll = 4, kHold = 32;
  ast::DeclareCursor declare;
  declare.name = node.portalname;
  if (node.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT || node.query->select_stmt->into_clause != nullptr)
    ThrowNotSupported("a cursor of this statement", "cursors are of a SELECT or VALUES", 1);
  if ((node.options & kBinary) != 0) ThrowNotSupported("BINARY cursors", "leave out BINARY", 1);
  declare.hold = (node.options & kHold) != 0;
  declare.no_scroll = (node.options & kNoScroll) != 0;
  declare.query = t.Select(*node.query->select_stmt);
  declare.position = declare.query->position;
  for (const ast::CommonTable& common : declare.query->with) {
    if (common.change != nullptr)
      ThrowNotSupported("DECLARE CURSOR with changes in its WITH", "run them in a statement of their own",
                        common.position);
  }
  return declare;
}

ast::FetchCursor Fetched(const PgQuery__FetchStmt& node) {
  ast::FetchCursor fetch;
  fetch.name = node.portalname;
  fetch.move = node.ismove;
  fetch.count = node.how_many;
  switch (node.direction) {
    case PG_QUERY__FETCH_DIRECTION__FETCH_BACKWARD:
      fetch.direction = ast::FetchDirection::kBackward;
      break;
    case PG_QUERY__FETCH_DIRECTION__FETCH_ABSOLUTE:
      fetch.direction = ast::FetchDirection::kAbsolute;
      break;
    case PG_QUERY__FETCH_DIRECTION__FETCH_RELATIVE:
      fetch.direction = ast::FetchDirection::kRelative;
      break;
    default:
      fetch.direction = ast::FetchDirection::kForward;
  }
  return fetch;
}

}  // namespace

std::optional<ast::Change> TransformSession(Transformer& t, const PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_PREPARE_STMT:
      return ast::Change{Prepared(t, *node.prepare_stmt)};
    case PG_QUERY__NODE__NODE_EXECUTE_STMT:
      return ast::Change{Executed(t, *node.execute_stmt)};
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT: {
      const char* name = node.deallocate_stmt->name;
      return ast::Change{ast::Deallocate{name == nullptr ? "" : name}};
    }
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
      return ast::Change{Set(*node.variable_set_stmt)};
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT:
      return ast::Change{ast::Setting{ast::SettingVerb::kShow, node.variable_show_stmt->name, {}, false}};
    case PG_QUERY__NODE__NODE_DISCARD_STMT:
      return ast::Change{ast::Setting{ast::SettingVerb::kDiscard, {}, {}, false}};
    case PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT:
      return ast::Change{Declared(t, *node.declare_cursor_stmt)};
    case PG_QUERY__NODE__NODE_FETCH_STMT:
      return ast::Change{Fetched(*node.fetch_stmt)};
    case PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT: {
      const char* name = node.close_portal_stmt->portalname;
      return ast::Change{ast::CloseCursor{name == nullptr ? "" : name}};
    }
    case PG_QUERY__NODE__NODE_VACUUM_STMT:
      return ast::Change{Maintain(t, *node.vacuum_stmt)};
    default:
      return std::nullopt;
  }
}

}  // namespace rem::sql

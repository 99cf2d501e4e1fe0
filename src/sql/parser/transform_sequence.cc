#include <charconv>
#include <string>

#include <pg_query.h>
#include <rem/error.h>

#include "sql/parser/transform_define.h"

namespace rem::sql {
namespace {

/// The number of an option; nullopt where it has none, as in NO MAXVALUE.
std::optional<int64_t> NumberOf(const PgQuery__DefElem& option) {
  if (option.arg == nullptr) return std::nullopt;
  if (option.arg->node_case == PG_QUERY__NODE__NODE_INTEGER) return option.arg->integer->ival;
  if (option.arg->node_case == PG_QUERY__NODE__NODE_FLOAT) {
    const std::string_view text = option.arg->float_->fval;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) return value;
  }
  throw Error(ErrorCode::kNumericOutOfRange,
              std::string("value of ") + option.defname + " is out of range for type bigint",
              "write a smaller integer");
}

std::string TypeOf(const PgQuery__DefElem& option) {
  if (option.arg == nullptr || option.arg->node_case != PG_QUERY__NODE__NODE_TYPE_NAME) return "unknown";
  const PgQuery__TypeName& type = *option.arg->type_name;
  return type.names[type.n_names - 1]->string->sval;
}

}  // namespace

ast::CreateSequence TransformCreateSequence(Transformer& t, const PgQuery__CreateSeqStmt& node) {
  ast::CreateSequence create;
  create.name = t.Table(*node.sequence);
  create.name.name = TableNameOf(*node.sequence);
  create.temporary = IsTemporary(*node.sequence);
  create.if_not_exists = node.if_not_exists;
  for (size_t i = 0; i < node.n_options; ++i) {
    const PgQuery__DefElem& option = *node.options[i]->def_elem;
    const std::string_view name = option.defname;
    if (name == "increment") {
      create.increment = NumberOf(option);
    } else if (name == "minvalue") {
      create.least = NumberOf(option);
    } else if (name == "maxvalue") {
      create.greatest = NumberOf(option);
    } else if (name == "start") {
      create.start = NumberOf(option);
    } else if (name == "cycle") {
      create.cycle = option.arg == nullptr || OptionValue(option) == "true" ||
                     (option.arg->node_case == PG_QUERY__NODE__NODE_BOOLEAN && option.arg->boolean->boolval);
    } else if (name == "as") {
      create.type = TypeOf(option);
    } else if (name != "cache") {
      ThrowNotSupported("this option of a sequence", "AS, INCREMENT, MINVALUE, MAXVALUE, START, CACHE and CYCLE work",
                        create.name.position);
    }
  }
  return create;
}

ast::RestartSequence TransformAlterSequence(Transformer& t, const PgQuery__AlterSeqStmt& node) {
  ast::RestartSequence restart;
  restart.name = t.Table(*node.sequence);
  restart.name.name = TableNameOf(*node.sequence);
  restart.if_exists = node.missing_ok;
  const bool only_restart = node.n_options == 1 && std::string_view(node.options[0]->def_elem->defname) == "restart";
  if (!only_restart) ThrowNotSupported("this kind of ALTER SEQUENCE", "RESTART works", restart.name.position);
  restart.value = NumberOf(*node.options[0]->def_elem);
  return restart;
}

}  // namespace rem::sql

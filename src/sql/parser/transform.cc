#include "sql/parser/transform.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/parser/ast_names.h"
#include "sql/parser/transform_modify.h"
#include "sql/parser/transformer.h"

namespace rem::sql {

namespace {

struct Refusal {
  PgQuery__Node__NodeCase node;
  std::string_view what;
  std::string_view hint;
};

constexpr std::array<Refusal, 1> kRefusals = {{
    {PG_QUERY__NODE__NODE_COPY_STMT, "COPY", "use `rem-db insert TABLE --file F.jsonl`"},
}};

void Refuse(const PgQuery__Node& node) {
  const auto refusal = std::ranges::find(kRefusals, node.node_case, &Refusal::node);
  if (refusal != kRefusals.end()) ThrowNotSupported(refusal->what, refusal->hint, 1);
  ThrowNotSupported("this kind of statement", "docs/sql/overview.md lists the statements that work", 1);
}

}  // namespace

std::string OptionValue(const PgQuery__DefElem& option) {
  if (option.arg == nullptr) return "true";
  if (option.arg->node_case == PG_QUERY__NODE__NODE_STRING) return FoldName(option.arg->string->sval);
  if (option.arg->node_case == PG_QUERY__NODE__NODE_INTEGER) return option.arg->integer->ival != 0 ? "true" : "false";
  return "true";
}

namespace {

ast::Explain ExplainOptions(const PgQuery__ExplainStmt& node) {
  ast::Explain explain;
  for (size_t i = 0; i < node.n_options; ++i) {
    const PgQuery__DefElem& option = *node.options[i]->def_elem;
    const std::string_view name = option.defname;
    const std::string value = OptionValue(option);
    const bool on = value == "true" || value == "on";
    if (name == "analyze") {
      explain.analyze = on;
    } else if (name == "format" && (value == "text" || value == "json")) {
      explain.format = value == "json" ? ast::ExplainFormat::kJson : ast::ExplainFormat::kText;
    } else if (name != "costs" && name != "timing" && name != "verbose" && name != "summary") {
      ThrowNotSupported(name == "format" ? "EXPLAIN FORMAT " + value : "EXPLAIN " + std::string(name),
                        "EXPLAIN takes ANALYZE and FORMAT TEXT or JSON", 1);
    }
  }
  return explain;
}

}  // namespace

ast::Statement TransformStatement(std::string_view sql, const PreparedText& prepared, const PgQuery__Node& node) {
  ast::Statement statement;
  const PgQuery__Node* query = &node;
  if (node.node_case == PG_QUERY__NODE__NODE_EXPLAIN_STMT) {
    statement.explain = ExplainOptions(*node.explain_stmt);
    query = node.explain_stmt->query;
  }
  Transformer transformer(sql, prepared);
  if (auto change = TransformChange(transformer, *query)) {
    if (statement.explain && (statement.explain->analyze || statement.explain->format == ast::ExplainFormat::kJson))
      ThrowNotSupported("EXPLAIN ANALYZE and FORMAT JSON of a change",
                        "explain it without, or the SELECT that finds the rows", 1);
    statement.body = std::make_shared<ast::Change>(std::move(*change));
    return statement;
  }
  if (query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) Refuse(*query);
  ast::SelectPtr select = transformer.Select(*query->select_stmt);
  const bool changes = std::ranges::any_of(select->with, [](const auto& common) { return common.change != nullptr; });
  if (!changes) {
    statement.body = std::move(select);
    return statement;
  }
  if (statement.explain) ThrowNotSupported("EXPLAIN of a change", "explain the SELECT that finds the rows", 1);
  statement.body = std::make_shared<ast::Change>(ast::Change{ast::ModifyingSelect{std::move(select)}});
  return statement;
}

}  // namespace rem::sql

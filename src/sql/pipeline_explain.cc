#include "sql/pipeline_explain.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/parser/ast_names.h"
#include "sql/pipeline_change.h"
#include "sql/plan/plan.h"

namespace rem::sql {
namespace {

std::string Indented(const std::string& plan) {
  std::string out;
  for (size_t begin = 0; begin < plan.size();) {
    const size_t end = std::min(plan.find('\n', begin), plan.size());
    out += "  " + plan.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

class Explainer {
 public:
  Explainer(const QueryContext& context, std::span<const Value> parameters, int64_t now_micros)
      : context_(context), parameters_(parameters), now_micros_(now_micros) {}

  std::string Run(ast::Update& update) {
    const TablePtr table = FindChanged(*context_.catalog, update.table);
    std::vector<ast::SelectItem> values;
    for (ast::Assignment& assignment : update.set) {
      ResolveTarget(*table, assignment);
      if (assignment.value != nullptr) values.push_back({std::move(assignment.value), std::nullopt});
    }
    return Shown("Update", update, std::move(values), "UPDATE");
  }

  std::string Run(ast::Delete& del) {
    FindChanged(*context_.catalog, del.table);
    return Shown("Delete", del, {}, "RETURNING");
  }

  std::string Run(ast::Insert& insert) {
    const TablePtr table = FindChanged(*context_.catalog, insert.table);
    for (const ast::Assignment& column : insert.columns) ResolveTarget(*table, column);
    const std::string head = fmt::format("Insert into {}\n", insert.table.name);
    if (insert.source == nullptr)
      return head + fmt::format("  Values rows={}\n", insert.default_values ? 1 : insert.rows.size());
    if (!insert.with.empty()) NotSupported("EXPLAIN of INSERT behind WITH");
    return head + Indented(PlanOf(std::move(insert.source)));
  }

  template <typename Other>
  std::string Run(Other&) {
    NotSupported("EXPLAIN of this statement");
  }

 private:
  [[noreturn]] static void NotSupported(std::string_view what) {
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: {}", what),
                "SELECT, INSERT, UPDATE and DELETE can be explained");
  }

  std::string PlanOf(ast::SelectPtr select) const {
    return FormatPlan(*PlanSelect(context_, std::move(select), parameters_, now_micros_));
  }

  std::string Shown(std::string_view verb, auto& statement, std::vector<ast::SelectItem> values,
                    const char* clause) const {
    for (const ast::CommonTable& common : statement.with) {
      if (common.change != nullptr) NotSupported("EXPLAIN of changes in WITH");
    }
    const std::string head = fmt::format("{} {}\n", verb, statement.table.name);
    auto select = std::make_unique<ast::Select>();
    select->values_of = clause;
    select->with = std::move(statement.with);
    select->recursive = statement.recursive;
    select->items.push_back({ColumnExpr(statement.table.alias, kRecordIdName), std::nullopt});
    std::ranges::move(values, std::back_inserter(select->items));
    select->from.push_back(TableFrom(statement.table));
    for (ast::FromPtr& item : statement.from) select->from.push_back(std::move(item));
    select->where = std::move(statement.where);
    return head + Indented(PlanOf(std::move(select)));
  }

  const QueryContext& context_;
  std::span<const Value> parameters_;
  const int64_t now_micros_;
};

}  // namespace

std::string ExplainChange(const QueryContext& context, ast::Change& change, std::span<const Value> parameters,
                          int64_t now_micros) {
  Explainer explainer(context, parameters, now_micros);
  return std::visit([&](auto& body) { return explainer.Run(body); }, change.body);
}

}  // namespace rem::sql

#include "sql/pipeline_changed_view.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/nearest.h"
#include "catalog/view.h"
#include "sql/parser/ast_names.h"
#include "sql/parser/parser.h"
#include "sql/plan/aggregate_function.h"
#include "sql/plan/table_function.h"

namespace rem::sql {
namespace {

/// Why the rows of the query are not those of a table one by one; nullptr where they are.
const char* Obstacle(const ast::Select& query) {
  if (query.set != ast::SetKind::kNone) return "Views containing UNION, INTERSECT, or EXCEPT";
  if (!query.with.empty()) return "Views containing WITH";
  if (query.distinct) return "Views containing DISTINCT";
  if (!query.group_by.empty() || query.group_all || query.grouping_sets != nullptr) return "Views containing GROUP BY";
  if (query.having != nullptr) return "Views containing HAVING";
  if (query.limit != nullptr || query.offset != nullptr) return "Views containing LIMIT or OFFSET";
  if (query.from.size() != 1 || query.from[0]->kind != ast::FromKind::kTable || !query.values.empty())
    return "Views that do not select from a single table or view";
  return nullptr;
}

bool GivesOtherRows(const ast::Expr& expr) {
  if (expr.kind == ast::ExprKind::kFunction) {
    if (expr.call != nullptr && expr.call->over != nullptr) return true;
    if (!FindAggregates(expr.parts.back().text).empty() || !FindTableFunctions(expr.parts.back().text).empty())
      return true;
  }
  return std::ranges::any_of(
      expr.arguments, [](const ast::ExprPtr& argument) { return argument != nullptr && GivesOtherRows(*argument); });
}

[[noreturn]] void CannotChange(std::string_view verb, const std::string& view, std::string_view why, int position) {
  throw Error(ErrorCode::kNotSupported, fmt::format("cannot {} view \"{}\"", verb, view),
              "change the tables that it reads")
      .WithSqlState("55000")
      .WithDetail(fmt::format("{} are not automatically updatable.", why))
      .WithPosition(position);
}

}  // namespace

std::optional<ChangedView> ChangedView::Open(const CatalogSnapshot& catalog, ast::TableName& name,
                                             std::string_view verb) {
  const TablePtr view = catalog.Find(name.name);
  const auto text = view == nullptr ? std::nullopt : ViewQueryOf(*view);
  if (!text) return std::nullopt;
  const ast::SelectPtr query = ParseViewQuery(*text);
  if (const char* why = Obstacle(*query)) CannotChange(verb, view->name(), why, name.position);
  ChangedView changed;
  changed.view_ = view->name();
  changed.verb_ = verb;
  const ast::FromItem& from = *query->from[0];
  changed.table_ = FindTable(catalog, from.table);
  if (ViewQueryOf(*changed.table_) || !from.columns.empty()) {
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: changing view \"{}\"", view->name()),
                "change the table that it reads")
        .WithPosition(name.position);
  }
  // The outputs of the query, with * written out.
  std::vector<std::string> sources;
  for (const ast::SelectItem& item : query->items) {
    if (item.expr->kind == ast::ExprKind::kStar) {
      for (const ChangeTarget& target : AllTargets(*changed.table_, name.position)) sources.push_back(target.name);
      continue;
    }
    if (GivesOtherRows(*item.expr))
      CannotChange(verb, view->name(), "Views that return aggregate functions, window functions or sets",
                   name.position);
    const bool column = item.expr->kind == ast::ExprKind::kColumn && item.expr->parts.size() <= 2 &&
                        changed.table_->FindColumn(item.expr->parts.back().text) != nullptr;
    sources.push_back(column ? item.expr->parts.back().text : "");
  }
  // A view keeps the columns that it was made with; * may mean more by now.
  const auto& columns = view->schema.columns;
  if (sources.size() < columns.size()) CannotChange(verb, view->name(), "Views over changed tables", name.position);
  std::vector<std::string> seen;
  for (size_t i = 0; i < columns.size(); ++i) {
    // The second column of the same source only shows it.
    const bool again = std::ranges::find(seen, sources[i]) != seen.end();
    seen.push_back(sources[i]);
    changed.columns_.push_back({columns[i].name, again ? "" : sources[i]});
  }
  name.view = *text;
  name.columns.clear();
  for (const ColumnSchema& column : columns) name.columns.push_back(column.name);
  for (size_t i = columns.size(); i < sources.size(); ++i) name.columns.push_back(fmt::format("\x01{}", i));
  return changed;
}

void ChangedView::Resolve(std::vector<ast::Assignment>& targets) const {
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name);
  for (ast::Assignment& target : targets) {
    const std::string& name = target.path.back().text;
    const auto column = std::ranges::find(columns_, name, &Column::name);
    if (column == columns_.end()) {
      throw Error(ErrorCode::kColumnNotFound,
                  fmt::format("column \"{}\" of relation \"{}\" does not exist", name, view_),
                  DidYouMean(name, names, "name one of the view's columns"))
          .WithPosition(target.position);
    }
    if (column->of_table.empty()) {
      throw Error(ErrorCode::kNotSupported, fmt::format("cannot {} column \"{}\" of view \"{}\"", verb_, name, view_),
                  "View columns that are not columns of their base relation are not updatable.")
          .WithPosition(target.position);
    }
    target.path = {{column->of_table, column->of_table, true}};
  }
}

void ChangedView::ResolveAll(std::vector<ast::Assignment>& targets, size_t values, int position) const {
  if (targets.empty()) {
    for (const Column& column : columns_) {
      if (targets.size() == values) break;
      ast::Assignment target;
      target.path = {{column.name, column.name, true}};
      target.position = position;
      targets.push_back(std::move(target));
    }
  }
  Resolve(targets);
}

void ChangedView::Expand(std::vector<ast::SelectItem>& items, const ast::TableName& name) const {
  std::vector<ast::SelectItem> all;
  for (ast::SelectItem& item : items) {
    const ast::Expr& expr = *item.expr;
    const bool own = expr.kind == ast::ExprKind::kStar && (expr.parts.empty() || expr.parts.back().text == name.alias);
    if (!own) {
      all.push_back(std::move(item));
      continue;
    }
    for (const Column& column : columns_) all.push_back({ColumnExpr(name.alias, column.name), std::nullopt});
  }
  items = std::move(all);
}

}  // namespace rem::sql

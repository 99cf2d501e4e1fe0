#include "sql/parser/ast_clone.h"

namespace rem::sql::ast {

namespace {

std::vector<ExprPtr> CloneAll(const std::vector<ExprPtr>& exprs) {
  std::vector<ExprPtr> copies;
  for (const ExprPtr& expr : exprs) copies.push_back(Clone(expr));
  return copies;
}

std::vector<SortItem> CloneAll(const std::vector<SortItem>& items) {
  std::vector<SortItem> copies;
  for (const SortItem& item : items) copies.push_back({Clone(item.expr), item.descending, item.nulls});
  return copies;
}

Window CloneWindow(const Window& window) {
  Window copy;
  copy.name = window.name;
  copy.base = window.base;
  copy.partition_by = CloneAll(window.partition_by);
  copy.order_by = CloneAll(window.order_by);
  copy.framed = window.framed;
  copy.mode = window.mode;
  copy.start = {window.start.kind, Clone(window.start.offset)};
  copy.end = {window.end.kind, Clone(window.end.offset)};
  copy.exclusion = window.exclusion;
  copy.position = window.position;
  return copy;
}

FromPtr CloneFrom(const FromPtr& from) {
  if (from == nullptr) return nullptr;
  auto copy = std::make_unique<FromItem>();
  copy->kind = from->kind;
  copy->position = from->position;
  copy->table = from->table;
  copy->subquery = Clone(from->subquery);
  copy->functions = CloneAll(from->functions);
  copy->alias = from->alias;
  copy->columns = from->columns;
  copy->definitions = from->definitions;
  copy->lateral = from->lateral;
  copy->ordinality = from->ordinality;
  copy->join = from->join;
  copy->natural = from->natural;
  copy->join_using = from->join_using;
  copy->on = Clone(from->on);
  copy->left = CloneFrom(from->left);
  copy->right = CloneFrom(from->right);
  return copy;
}

std::unique_ptr<Call> CloneCall(const Call& call) {
  auto copy = std::make_unique<Call>();
  copy->distinct = call.distinct;
  copy->variadic = call.variadic;
  copy->within_group = call.within_group;
  copy->order_by = CloneAll(call.order_by);
  copy->filter = Clone(call.filter);
  if (call.over != nullptr) copy->over = std::make_unique<Window>(CloneWindow(*call.over));
  return copy;
}

}  // namespace

ExprPtr Clone(const ExprPtr& expr) {
  if (expr == nullptr) return nullptr;
  auto copy = std::make_unique<Expr>();
  copy->kind = expr->kind;
  copy->position = expr->position;
  copy->text = expr->text;
  copy->number = expr->number;
  copy->negated = expr->negated;
  copy->symmetric = expr->symmetric;
  copy->star = expr->star;
  copy->all = expr->all;
  copy->parts = expr->parts;
  copy->arguments = CloneAll(expr->arguments);
  if (expr->type != nullptr) copy->type = std::make_unique<TypeName>(*expr->type);
  if (expr->call != nullptr) copy->call = CloneCall(*expr->call);
  copy->subquery_kind = expr->subquery_kind;
  copy->subquery = Clone(expr->subquery);
  return copy;
}

std::vector<CommonTable> Clone(const std::vector<CommonTable>& commons) {
  std::vector<CommonTable> copies;
  for (const CommonTable& common : commons) {
    CommonTable& copy = copies.emplace_back();
    copy.name = common.name;
    copy.columns = common.columns;
    copy.query = Clone(common.query);
    copy.change = common.change;
    copy.materialised = common.materialised;
    copy.position = common.position;
  }
  return copies;
}

SelectPtr Clone(const SelectPtr& select) {
  if (select == nullptr) return nullptr;
  auto copy = std::make_unique<Select>();
  copy->with = Clone(select->with);
  copy->recursive = select->recursive;
  for (const SelectItem& item : select->items) copy->items.push_back({Clone(item.expr), item.alias});
  for (const FromPtr& from : select->from) copy->from.push_back(CloneFrom(from));
  copy->where = Clone(select->where);
  copy->group_by = CloneAll(select->group_by);
  copy->group_all = select->group_all;
  if (select->grouping_sets != nullptr) {
    copy->grouping_sets = std::make_unique<GroupingSets>();
    copy->grouping_sets->exprs = CloneAll(select->grouping_sets->exprs);
    copy->grouping_sets->sets = select->grouping_sets->sets;
    copy->grouping_sets->distinct = select->grouping_sets->distinct;
  }
  for (const Window& window : select->windows) copy->windows.push_back(CloneWindow(window));
  copy->having = Clone(select->having);
  copy->distinct = select->distinct;
  copy->distinct_on = CloneAll(select->distinct_on);
  for (const auto& row : select->values) copy->values.push_back(CloneAll(row));
  copy->set = select->set;
  copy->set_all = select->set_all;
  copy->left = Clone(select->left);
  copy->right = Clone(select->right);
  copy->order_by = CloneAll(select->order_by);
  copy->limit = Clone(select->limit);
  copy->offset = Clone(select->offset);
  copy->with_ties = select->with_ties;
  copy->values_of = select->values_of;
  copy->position = select->position;
  return copy;
}

}  // namespace rem::sql::ast

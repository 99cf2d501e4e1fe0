#include "sql/parser/ast_tables.h"

namespace rem::sql::ast {

namespace {

class Collector {
 public:
  explicit Collector(std::set<std::string>& names) : names_(names) {}

  void Visit(const SelectPtr& select) {
    if (select != nullptr) Visit(*select);
  }

  void Visit(const Select& select) {
    for (const CommonTable& common : select.with) Visit(common.query);
    for (const SelectItem& item : select.items) Visit(item.expr);
    for (const FromPtr& from : select.from) Visit(from);
    Visit(select.where);
    Visit(select.group_by);
    if (select.grouping_sets != nullptr) Visit(select.grouping_sets->exprs);
    Visit(select.having);
    Visit(select.distinct_on);
    for (const Window& window : select.windows) Visit(window);
    for (const auto& row : select.values) Visit(row);
    Visit(select.left);
    Visit(select.right);
    Visit(select.order_by);
    Visit(select.limit);
    Visit(select.offset);
  }

 private:
  void Visit(const FromPtr& from) {
    if (from == nullptr) return;
    if (from->kind == FromKind::kTable) names_.insert(from->table.name);
    Visit(from->subquery);
    Visit(from->functions);
    Visit(from->on);
    Visit(from->left);
    Visit(from->right);
  }
  void Visit(const Window& window) {
    Visit(window.partition_by);
    Visit(window.order_by);
    Visit(window.start.offset);
    Visit(window.end.offset);
  }
  void Visit(const std::vector<SortItem>& items) {
    for (const SortItem& item : items) Visit(item.expr);
  }
  void Visit(const std::vector<ExprPtr>& exprs) {
    for (const ExprPtr& expr : exprs) Visit(expr);
  }
  void Visit(const ExprPtr& expr) {
    if (expr == nullptr) return;
    Visit(expr->arguments);
    Visit(expr->subquery);
    if (expr->call == nullptr) return;
    Visit(expr->call->order_by);
    Visit(expr->call->filter);
    if (expr->call->over != nullptr) Visit(*expr->call->over);
  }

  std::set<std::string>& names_;
};

}  // namespace

void CollectTables(const Select& select, std::set<std::string>& names) { Collector(names).Visit(select); }

}  // namespace rem::sql::ast

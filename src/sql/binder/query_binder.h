#pragma once

#include <span>
#include <vector>

#include "catalog/tenant_catalog.h"
#include "sql/binder/binder.h"
#include "sql/binder/query_scope.h"
#include "sql/parser/ast.h"
#include "sql/plan/plan.h"

namespace rem::sql {

struct BoundQuery {
  LogicalPtr root;
  std::vector<OutputColumn> outputs;
  /// For each output the literal or parameter without a type that it is, so that a set operation may give it one.
  std::vector<ExprPtr> literals;
};

/// Binds queries into one plan: SELECT, VALUES, set operations, WITH, and queries inside queries.
class QueryBinder {
 public:
  QueryBinder(LogicalPlan& plan, const CatalogSnapshot& catalog, std::span<const Value> parameters,
              const BinderOptions& options)
      : plan_(plan), catalog_(&catalog), parameters_(parameters), options_(options) {}

  /// `parent`: names of the query around it; nullptr for none.
  BoundQuery Bind(const ast::Select& select, QueryScope* parent, WithScope* commons);

  /// Whether the query being bound is the statement's own.
  bool IsOutermost() const { return depth_ == 1; }
  /// Counts a WITH query that is bound once more. Error(kLimitExceeded).
  void CountInlined(int position);
  LogicalPlan& plan() { return plan_; }
  const CatalogSnapshot& catalog() const { return *catalog_; }
  /// The query of a view, by the names that the view knows. `select` is kept until the statement is bound.
  BoundQuery BindView(const Table& view, const std::string& text, const ast::Select*& select);
  std::span<const Value> parameters() const { return parameters_; }
  const BinderOptions& options() const { return options_; }

 private:
  BoundQuery BindBody(const ast::Select& select, QueryScope* parent, WithScope* commons);
  BoundQuery BindValues(const ast::Select& select, QueryScope* parent, WithScope* commons);
  BoundQuery BindSetOperation(const ast::Select& select, QueryScope* parent, WithScope* commons);
  void BindCommon(const ast::CommonTable& table, bool recursive, QueryScope* parent, WithScope& commons);
  BoundQuery BindRecursion(const ast::CommonTable& table, QueryScope* parent, WithScope& commons);
  void SortAndLimit(const ast::Select& select, BoundQuery& query, QueryScope* parent, WithScope* commons);

  LogicalPlan& plan_;
  const CatalogSnapshot* catalog_;
  std::span<const Value> parameters_;
  const BinderOptions& options_;
  size_t depth_ = 0;
  size_t inlined_ = 0;
  std::vector<ast::SelectPtr> views_;
};

/// SELECT ... FROM ... WHERE ... without set operations.
BoundQuery BindSelect(QueryBinder& queries, const ast::Select& select, QueryScope* parent, WithScope* commons);

/// Adds what stands after FROM to `scope`. Its rows, cross joined.
class ExpressionBinder;
LogicalPtr BindFrom(QueryBinder& queries, const ast::Select& select, QueryScope& scope, ExpressionBinder& binder);

LogicalPtr MakeNode(decltype(LogicalNode::body) body, LogicalPtr input, LogicalPtr right = nullptr);
/// The columns of the order that WITH TIES compares; none without it.
std::vector<ColumnId> TiesOf(const ast::Select& select, const std::vector<SortKey>& keys);
/// LIMIT or OFFSET; nullptr for none.
ExprPtr BindCount(ExpressionBinder& binder, const ast::ExprPtr& expr, std::string_view what);
/// The output column that a number in ORDER BY, GROUP BY or DISTINCT ON means; nullopt for another expression.
std::optional<size_t> FindPosition(const ast::Expr& expr, size_t outputs, std::string_view clause);
/// The output of this name, or nullopt. Error(kAmbiguous) for several.
std::optional<size_t> FindOutput(const ast::Expr& expr, const std::vector<OutputColumn>& outputs,
                                 std::string_view clause);
SortKey MakeSortKey(ColumnId column, const ast::SortItem& item, const LogicalPlan& plan);
/// The name that PostgreSQL gives a column without an alias; empty when the expression has none.
std::string NameOf(const ast::Expr& expr);
std::vector<OutputColumn> Renamed(std::vector<OutputColumn> columns, const std::vector<std::string>& names,
                                  std::string_view relation, int position);

}  // namespace rem::sql

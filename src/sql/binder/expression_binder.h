#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rem/value.h>

#include "sql/binder/binder.h"
#include "sql/binder/table_scope.h"
#include "sql/parser/ast.h"
#include "sql/plan/plan.h"

namespace rem::sql {

/// A score over a vector column with its query vector.
struct BoundScore {
  const VectorColumn* column = nullptr;
  VectorMetric metric = VectorMetric::kCosine;
  VectorValue query;
};

/// Binds expressions of one SELECT. `scope` is nullptr without FROM.
class ExpressionBinder {
 public:
  ExpressionBinder(LogicalPlan& plan, TableScope* scope, std::span<const Value> parameters,
                   const BinderOptions& options)
      : plan_(plan), scope_(scope), parameters_(parameters), options_(options) {}

  ExprPtr Bind(const ast::Expr& expr);
  ExprPtr BindBoolean(const ast::Expr& expr, std::string_view what);
  /// The score that a call of a vector column's method asks for, or nullopt.
  std::optional<BoundScore> BindScore(const ast::Expr& expr);
  /// Calls that compute this score become this column, and _score too.
  void SetRank(const BoundScore& score, ColumnId column);

  /// Aggregates may be called, and columns only inside them.
  void SetAggregating(bool aggregating) { aggregating_ = aggregating; }
  std::vector<AggregateCall>& aggregates() { return aggregates_; }
  static bool HasAggregate(const ast::Expr& expr);

 private:
  ExprPtr BindNode(const ast::Expr& expr);
  ExprPtr BindColumn(const ast::Expr& expr);
  ExprPtr BindParameter(const ast::Expr& expr);
  ExprPtr BindInteger(const ast::Expr& expr, bool negative);
  /// As Bind; a decimal literal that is to be `rounded` rounds half away from zero, as the numeric that it is in
  /// PostgreSQL, and not half to even.
  ExprPtr BindRounded(const ast::Expr& expr, bool rounded);
  ExprPtr BindOperator(const ast::Expr& expr);
  ExprPtr BindLike(const ast::Expr& expr);
  ExprPtr BindTest(const ast::Expr& expr);
  ExprPtr BindIn(const ast::Expr& expr);
  ExprPtr BindBetween(const ast::Expr& expr);
  ExprPtr BindCase(const ast::Expr& expr);
  ExprPtr BindFunction(const ast::Expr& expr);
  ExprPtr BindAggregate(const ast::Expr& expr);
  ExprPtr BindScoreColumn(const BoundScore& score, int position);
  VectorValue QueryVector(const ast::Expr& argument, const VectorColumn& column);

  LogicalPlan& plan_;
  TableScope* scope_;
  std::span<const Value> parameters_;
  BinderOptions options_;
  bool aggregating_ = false;
  bool inside_aggregate_ = false;
  size_t depth_ = 0;
  std::vector<AggregateCall> aggregates_;
  std::optional<BoundScore> rank_;
  ColumnId rank_column_ = 0;
};

}  // namespace rem::sql

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rem/document.h>

#include "schema/table_schema.h"
#include "sql/parser/ast.h"
#include "sql/plan/expression.h"
#include "sql/plan/function.h"
#include "sql/plan/plan.h"

namespace rem::sql {

/// Expressions over the columns of one record: those of CHECK, of generated columns and of indexes. Thread-safe.
class RowProgram {
 public:
  /// `place` is what an error calls it: "CHECK". Error(kNotSupported) for subqueries, aggregates and system columns.
  RowProgram(const TableSchema& schema, std::vector<ast::ExprPtr> expressions, const std::string& place);
  ~RowProgram();

  size_t size() const { return exprs_.size(); }
  const Expr& expression(size_t i) const { return *exprs_[i]; }
  /// Whether the expression calls a function that is at least so volatile.
  bool Calls(size_t i, Volatility volatility) const;
  /// Calls `visit(i, value)` for one expression after the other until it returns false.
  void Run(const DocumentView& properties, int64_t now_micros,
           const std::function<bool(size_t, const Value&)>& visit) const;

 private:
  struct Field {
    std::string name;
    LogicalType type;
    ColumnId column;
  };
  struct Programs;

  std::unique_ptr<Programs> Take(int64_t now_micros) const;

  std::vector<ExprPtr> exprs_;
  std::vector<Field> fields_;
  bool depends_on_time_ = false;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Programs>> free_;
};

/// Parses the text of an expression.
ast::ExprPtr ParseStoredExpression(const std::string& text);
/// The expression of one output of a plan that computes nothing but expressions.
ExprPtr PlainOutput(const LogicalPlan& plan, size_t output);
/// Whether the plan is such a one.
bool IsPlainPlan(const LogicalPlan& plan);
bool CallsFunction(const Expr& expr, Volatility at_least);

}  // namespace rem::sql

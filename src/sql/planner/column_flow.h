#pragma once

#include <vector>

#include "sql/plan/plan.h"

namespace rem::sql {

using ColumnIds = std::vector<ColumnId>;

void Include(ColumnIds& ids, ColumnId id);
bool Has(const ColumnIds& ids, ColumnId id);

/// Which columns the parts of a logical plan make and read. Follows the plan as it is when asked.
class ColumnFlow {
 public:
  explicit ColumnFlow(const LogicalPlan& plan) : plan_(plan) {}

  /// Adds the columns that computing the expression needs, those that its subqueries refer to included.
  void Read(const Expr& expr, ColumnIds& out) const;
  void Read(const std::vector<ExprPtr>& exprs, ColumnIds& out) const;
  /// Whether rows of the node may have the column.
  bool Makes(const LogicalNode& node, ColumnId column) const;
  /// The outer references of a tree: what it reads and does not make.
  ColumnIds Outer(const LogicalNode& node) const;
  /// Outer references of a subquery's query, and those of its comparison besides.
  ColumnIds Given(const LogicalSubquery& subquery) const;
  ColumnIds Compared(const LogicalSubquery& subquery) const;

 private:
  void ReadNode(const LogicalNode& node, ColumnIds& out) const;

  const LogicalPlan& plan_;
};

/// Adds the columns that the calls of a window read.
void ReadWindow(const LogicalWindow& window, ColumnIds& out);

/// Whether a subquery stands somewhere in the expression.
bool HasSubquery(const Expr& expr);

}  // namespace rem::sql

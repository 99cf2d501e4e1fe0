#pragma once

#include <unordered_map>

#include "catalog/table_statistics.h"
#include "sql/planner/column_flow.h"
#include "sql/planner/planner.h"

namespace rem::sql {

/// Guesses how many rows parts of a plan give. Nothing but speed depends on it: a guess is never negative and never
/// throws for a query that could run. Tables are counted exactly; what columns hold comes from a sample of their rows
/// (TableStatistics); conditions are taken to be independent of each other.
class Cardinality {
 public:
  /// `settled`: no rule changes the plan any more, so that guesses are kept.
  Cardinality(const LogicalPlan& plan, const PlannerContext& context, bool settled = false);

  /// At least 0; outer references count as values nobody knows.
  double Rows(const LogicalNode& node) const;
  /// The part of the rows for which a condition is true, in [0, 1].
  double Selectivity(const Expr& condition) const;
  double Selectivity(const std::vector<ExprPtr>& conditions) const;
  /// How many different values an expression has over `rows` rows; at least 1.
  double Distinct(const Expr& expr, double rows) const;
  /// Live rows of the table of a scan; 0 for a scan that is not there.
  double TableRows(uint32_t scan) const;
  /// Of all scans.
  std::vector<TablePtr> Tables() const;
  /// What a sample of a table says; nullptr where there is none.
  TableStatisticsPtr Statistics(const Table& table) const;

 private:
  struct RowsOf;
  struct Bound {
    const Expr* column = nullptr;
    bool low = false;
  };
  Bound BoundOf(const Expr& condition) const;
  void AddScans(const LogicalNode& node);
  const ColumnStatistics* StatisticsOf(const Expr& column) const;
  double EqualTo(const Expr& column, const ExprPtr& value) const;
  double Compared(std::string_view sign, const Expr& column, const ExprPtr& value) const;
  double CallSelectivity(const Expr& call) const;
  double JoinRows(const LogicalJoin& join, double left, double right) const;

  const LogicalPlan& plan_;
  const PlannerContext& context_;
  std::unordered_map<uint32_t, TablePtr> scans_;
  mutable std::unordered_map<TableId, TableStatisticsPtr> statistics_;
  mutable std::unordered_map<size_t, double> ctes_;
  const bool settled_;
  mutable std::unordered_map<const LogicalNode*, double> rows_;
};

}  // namespace rem::sql

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rem/value.h>

#include "sql/binder/binder.h"
#include "sql/binder/query_scope.h"
#include "sql/parser/ast.h"
#include "sql/plan/plan.h"

namespace rem::sql {

class QueryBinder;

/// A score over a vector column with its query vector.
struct BoundScore {
  const VectorColumn* column = nullptr;
  TableScope* table = nullptr;
  VectorMetric metric = VectorMetric::kCosine;
  ExprPtr query;
};

/// A call of a function that gives rows, in an expression. It is computed before the calls of higher levels, whose
/// arguments may be made of its values; calls of one level run side by side.
struct SetCall {
  LogicalTableFunction call;
  size_t level = 1;
};

/// A value of several fields: (jsonb_each(x)), a row.
struct BoundRow {
  std::vector<std::string> names;
  std::vector<ExprPtr> values;
  /// The row as a whole may be NULL, where `presence` is (nullptr: no column tells).
  bool may_be_null = false;
  ExprPtr presence;
};

/// GROUPING(...), whose arguments the query must group by.
struct BoundGrouping {
  std::vector<ExprPtr> arguments;
  ColumnId output = 0;
  int position = 0;
};

/// OVER (...) with its expressions bound.
struct WindowSpec {
  std::string name;  ///< In the WINDOW clause.
  std::vector<ExprPtr> partition;
  std::vector<AggregateSortKey> order;
  const ast::Window* frame = nullptr;  ///< Where a frame was written.
};

/// A call of a function with OVER, whose arguments are no columns yet.
struct BoundWindow {
  WindowCall call;
  WindowSpec spec;
  std::vector<ExprPtr> arguments;
  ExprPtr filter;
  /// Of RANGE with an offset: what WindowFrame::value and both FrameBound::reach hold.
  ExprPtr range_value, start_reach, end_reach;
};

/// The expressions that AND joins.
void SplitConjuncts(const ast::Expr& expr, std::vector<const ast::Expr*>& out);

/// Binds expressions of one SELECT.
class ExpressionBinder {
 public:
  ExpressionBinder(QueryBinder& queries, QueryScope& scope);

  ExprPtr Bind(const ast::Expr& expr);
  /// As Bind, where the value is shown or becomes a text: a regclass as its name.
  ExprPtr BindShown(const ast::Expr& expr);
  ExprPtr BindBoolean(const ast::Expr& expr, std::string_view what);
  /// The score that a call of a vector column's method asks for, or nullopt.
  std::optional<BoundScore> BindScore(const ast::Expr& expr);
  /// Calls that compute this score become this column, and _score too.
  void SetRank(const BoundScore& score, ColumnId column);

  /// Each part of an AND by itself.
  void BindConjuncts(const ast::Expr& expr, std::string_view what, std::vector<ExprPtr>& out);

  void AllowAggregates() { aggregates_forbidden_in_ = {}; }
  /// Functions that give rows, and windows, too.
  void ForbidAggregates(std::string_view clause) {
    aggregates_forbidden_in_ = sets_forbidden_in_ = windows_forbidden_in_ = clause;
  }
  void AllowWindows() { windows_forbidden_in_ = {}; }
  void ForbidWindows(std::string_view clause) { windows_forbidden_in_ = clause; }
  /// The windows of the WINDOW clause.
  void BindNamedWindows(const std::vector<ast::Window>& windows);
  std::vector<BoundWindow>& windows() { return windows_; }
  void ForbidSets(std::string_view clause) { sets_forbidden_in_ = clause; }
  void AllowSets() { sets_forbidden_in_ = {}; }
  std::vector<SetCall>& sets() { return sets_; }
  std::vector<AggregateCall>& aggregates() { return aggregates_; }
  const std::vector<BoundGrouping>& groupings() const { return groupings_; }
  static bool HasAggregate(const ast::Expr& expr);
  /// ROW(...), table.* or the name of a table.
  bool IsRow(const ast::Expr& expr);
  /// The fields of an expression that has several; nullopt for another.
  std::optional<BoundRow> BindFields(const ast::Expr& expr);
  /// The row as a jsonb object, and as PostgreSQL shows it: (1,"a b",).
  ExprPtr RowDocument(const BoundRow& row, int position);
  ExprPtr RowText(const BoundRow& row, int position);

 private:
  ExprPtr BindNode(const ast::Expr& expr);
  ExprPtr BindColumn(const ast::Expr& expr);
  ExprPtr BindParameter(const ast::Expr& expr);
  ExprPtr BindInteger(const ast::Expr& expr, bool negative);
  ExprPtr BindCoalesce(const ast::Expr& expr);
  ExprPtr BindCast(const ast::Expr& expr);
  ExprPtr BindSystemCast(const ast::Expr& expr);
  ExprPtr BindList(const ast::Expr& expr);
  ExprPtr BindQuantified(const ast::Expr& expr);
  ExprPtr BindOperator(const ast::Expr& expr);
  ExprPtr BindLike(const ast::Expr& expr);
  ExprPtr BindTest(const ast::Expr& expr);
  ExprPtr BindIn(const ast::Expr& expr);
  ExprPtr BindBetween(const ast::Expr& expr);
  ExprPtr BindCase(const ast::Expr& expr);
  ExprPtr BindFunction(const ast::Expr& expr);
  ExprPtr BindField(const ast::Expr& expr);
  ExprPtr BindSlice(const ast::Expr& expr);
  std::optional<BoundRow> BindRelation(const ast::NamePart& name, int position);
  ExprPtr UnlessAbsent(const BoundRow& row, ExprPtr value, int position);
  ExprPtr RowPresence(const BoundRow& row, int position);
  ExprPtr TestRow(const BoundRow& row, std::string_view test, int position);
  ExprPtr CompareRecords(std::string_view sign, const ast::Expr& left, const ast::Expr& right, int position);
  ExprPtr DistinctRows(std::string_view test, const ast::Expr& left, const ast::Expr& right, int position);
  ExprPtr TestValues(std::string_view test, std::vector<ExprPtr> arguments, int position);
  BoundRow BindSetCall(const ast::Expr& expr);
  void CheckNoSets(size_t before, std::string_view where, int position) const;
  ExprPtr BindAggregate(const ast::Expr& expr);
  /// The call and the type of its result.
  LogicalType BindAggregateCall(const ast::Expr& expr, AggregateCall& call);
  ExprPtr BindGrouping(const ast::Expr& expr);
  ExprPtr BindWindowCall(const ast::Expr& expr);
  WindowSpec BindWindowSpec(const ast::Window& window);
  const WindowSpec& FindWindow(const std::string& name, int position) const;
  LogicalType BindWindowFunction(const ast::Expr& expr, BoundWindow& window);
  LogicalType BindWindowAggregate(const ast::Expr& expr, BoundWindow& window);
  void BindFrame(BoundWindow& window);
  FrameBound BindFrameBound(const ast::FrameBound& bound, ast::FrameMode mode);
  void BindRange(BoundWindow& window, int position);
  ExprPtr BindAggregateArgument(const ast::Expr& expr, std::string_view name, bool distinct);
  void BindAggregateClauses(const ast::Expr& expr, AggregateCall& call);
  void CheckAggregateAllowed(int position) const;
  ExpressionBinder* OwnerOf(const AggregateCall& call, std::span<const size_t> inner_uses);
  ColumnId AddAggregate(AggregateCall call, std::string_view name, bool dynamic, LogicalType type);
  static bool IsAggregate(const ast::Expr& expr);
  ExprPtr BindSubquery(const ast::Expr& expr);
  std::vector<ExprPtr> BindRow(const ast::Expr& expr);
  ExprPtr CompareRows(std::string_view sign, std::span<const ExprPtr> left, std::span<const ExprPtr> right,
                      int position);
  ExprPtr BindScoreColumn(const BoundScore& score, int position);
  ExprPtr BindQueryVector(const ast::Expr& argument, const TablePtr& table, const VectorColumn& column);

  QueryBinder& queries_;
  LogicalPlan& plan_;
  QueryScope& scope_;
  std::span<const Value> parameters_;
  const BinderOptions& options_;
  std::string_view aggregates_forbidden_in_ = "this clause";
  std::string_view sets_forbidden_in_ = "this clause";
  std::string_view windows_forbidden_in_ = "this clause";
  bool inside_window_ = false;
  std::vector<WindowSpec> named_windows_;
  std::vector<BoundWindow> windows_;
  bool inside_aggregate_ = false;
  size_t depth_ = 0;
  std::vector<AggregateCall> aggregates_;
  std::vector<BoundGrouping> groupings_;
  std::vector<SetCall> sets_;
  size_t sets_seen_ = 0;
  std::optional<BoundScore> rank_;
  ColumnId rank_column_ = 0;
};

}  // namespace rem::sql

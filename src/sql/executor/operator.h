#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/executor/program.h"
#include "sql/executor/query_memory.h"
#include "sql/plan/plan.h"
#include "store/read_view.h"
#include "types/batch.h"

namespace rem {
class ThreadPool;
}

namespace rem::sql {

class StatementState;
struct Lane;

/// From this many rows on a lane is worth the hand-over to another thread.
inline constexpr size_t kRowsPerLane = 5000;

/// What one execution works with. Subqueries and lateral joins run parts of the plan in a copy with outer values.
struct ExecContext {
  std::shared_ptr<const ReadView> view;
  std::shared_ptr<const PhysicalPlan> plan;
  std::vector<Value> parameters;
  int64_t now_micros = 0;
  size_t batch_rows = 2048;
  size_t ef_search = 0;  ///< Of vector indexes; 0: the default.

  /// Threads that one operator may use; 1, or no pool: only the caller's.
  size_t threads = 1;
  ThreadPool* pool = nullptr;
  size_t rows_per_lane = kRowsPerLane;
  /// Set while this is one of several copies that share the work.
  Lane* lane = nullptr;

  OuterValues outer;
  /// What the parts of the statement share: CTEs, results of subqueries.
  std::shared_ptr<StatementState> statement;

  FixedValues fixed() const { return {parameters, now_micros, &outer, this}; }
  Value Evaluate(const Expr& expr) const { return EvaluateFixed(expr, fixed()); }
  const PlanColumn& column(ColumnId id) const { return plan->columns[id]; }
  /// Error(kCancelled), Error(kTimeout) when the statement has to end: for loops that may last.
  void CheckEnd() const;
  /// For EXPLAIN ANALYZE: something that only this operator has to say of its work.
  void Note(const PhysicalNode& node, const char* name, size_t number) const;
};

/// An operator that has held more rows at a time keeps nothing for the next execution; see Operator::Release.
inline constexpr size_t kMostKeptRows = 256;

/// The state of one running plan node. A parent asks for batches until there are no more.
class Operator {
 public:
  virtual ~Operator() = default;
  /// The next batch, with at least one row that counts, in the node's layout; nullptr after the last. It lives until
  /// the next call, and the caller may change its selection.
  virtual ColumnBatch* Next() = 0;

  /// Ends the execution, at whatever row it stands: lets go of all that belongs to it and keeps what the next execution
  /// of the same node can use, which is little. False where there is nothing of the kind; then it is destroyed.
  virtual bool Release() { return false; }
  /// After Release(): begins another execution, for which the context has its values.
  virtual void Restart() {}
};
using OperatorPtr = std::unique_ptr<Operator>;

// One for each node of a physical plan; `node` outlives the operator.
OperatorPtr NewTableScan(const ExecContext& context, const PhysicalNode& node);
OperatorPtr NewIndexScan(const ExecContext& context, const PhysicalNode& node);
OperatorPtr NewIndexOrderScan(const ExecContext& context, const PhysicalNode& node);
OperatorPtr NewOrderedTopN(const ExecContext& context, const PhysicalNode& node, OperatorPtr fallback);
OperatorPtr NewIdLookup(const ExecContext& context, const PhysicalNode& node);
OperatorPtr NewOneRow(const ExecContext& context, const PhysicalNode& node);
OperatorPtr NewFilter(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewProject(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewRank(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewNearest(const ExecContext& context, const PhysicalNode& node, OperatorPtr input, OperatorPtr fallback);
OperatorPtr NewFetch(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewSort(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewTopN(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewLimit(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);

OperatorPtr NewNestedLoopJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left,
                              OperatorPtr right);
OperatorPtr NewHashJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right);
OperatorPtr NewMergeJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right);
OperatorPtr NewIndexJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left);
OperatorPtr NewLateralJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left);
OperatorPtr NewDistinct(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewSetOp(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right);
OperatorPtr NewValues(const ExecContext& context, const PhysicalNode& node);
OperatorPtr NewTableFunction(const ExecContext& context, const PhysicalNode& node);
OperatorPtr NewProjectSet(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewCteScan(const ExecContext& context, const PhysicalNode& node);
OperatorPtr NewRecursion(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewWindow(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);
OperatorPtr NewWorkScan(const ExecContext& context, const PhysicalNode& node);

/// The operators of a whole plan.
OperatorPtr BuildOperators(const ExecContext& context, const PhysicalNode& node);
/// As BuildOperators, for one thread as far as those go that treat every row by itself.
OperatorPtr BuildAlone(const ExecContext& context, const PhysicalNode& node);

/// LIMIT and OFFSET of this execution. Error(kInvalidArgument) when negative.
struct LimitValues {
  int64_t limit = INT64_MAX;
  int64_t offset = 0;
  /// limit + offset, at most INT64_MAX.
  int64_t total() const { return limit > INT64_MAX - offset ? INT64_MAX : limit + offset; }
};
LimitValues EvaluateLimit(const ExecContext& context, const LogicalLimit& limit);

}  // namespace rem::sql

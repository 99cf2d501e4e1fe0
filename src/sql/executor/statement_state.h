#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/interrupt.h"
#include "sql/executor/key_table.h"
#include "sql/executor/operator.h"
#include "sql/executor/row_store.h"
#include "sql/plan/plan_profile.h"

namespace rem::sql {

/// The results of one subquery of a statement: its query runs once for each combination of values that it refers to.
class SubqueryRun {
 public:
  virtual ~SubqueryRun() = default;
  /// The value of the subquery for a row of the columns that it refers to (PhysicalSubquery::given, then compared; or
  /// `probe` alone).
  virtual Value Compute(const ExecContext& context, std::span<const Column* const> columns, size_t row) = 0;
};
std::unique_ptr<SubqueryRun> NewSubqueryRun(const ExecContext& context, size_t subquery);
/// For subqueries with a `probe`.
std::unique_ptr<SubqueryRun> NewSubqueryProbe(const ExecContext& context, size_t subquery);

/// Rows of a CTE. They are read from its query as far as somebody asks for them, so that LIMIT stops an endless
/// recursion.
struct CteRows {
  std::unique_ptr<ExecContext> context;
  OperatorPtr source;  ///< nullptr when all rows are there.
  std::unique_ptr<RowStore> rows;
};

/// What the parts of one running statement share.
class StatementState {
 public:
  StatementState(size_t memory_limit_bytes, StatementEnd end) : memory(memory_limit_bytes), end(std::move(end)) {}

  QueryMemory memory;
  /// Set for EXPLAIN ANALYZE.
  std::unique_ptr<PlanProfile> profile;
  /// The node whose operator the thread of the statement is at work on, where there is a profile.
  NodeProfile* profiled = nullptr;
  const StatementEnd end;
  SubqueryRun& Subquery(const ExecContext& context, size_t subquery);
  CteRows& Cte(const ExecContext& context, size_t cte);
  /// The rows of the last round of a recursion, set by whoever runs it.
  std::unordered_map<uint32_t, const RowStore*> work;

 private:
  std::map<size_t, std::unique_ptr<SubqueryRun>> subqueries_;
  std::map<size_t, CteRows> ctes_;
};

/// A copy of the context whose outer values are those of the columns, at `row`, besides the ones it has.
std::unique_ptr<ExecContext> NestedContext(const ExecContext& context, std::span<const ColumnId> ids,
                                           std::span<const Column* const> columns, size_t row);

}  // namespace rem::sql

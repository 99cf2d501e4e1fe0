#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <rem/result.h>

#include "sql/executor/operator.h"
#include "sql/executor/spare_run.h"

namespace rem {

/// Where a Result's rows come from.
class Result::Source {
 public:
  /// Gives the position in the text that the caller wrote for one in the text that was planned.
  using PositionMap = std::function<int(int)>;

  Source(std::vector<ResultColumn> columns, std::unique_ptr<sql::ExecContext> context, sql::OperatorPtr root,
         std::vector<size_t> output);
  /// The columns of a plan, and an empty context.
  explicit Source(const sql::PhysicalPlan& plan);

  /// Before the first Next(): begins an execution of the plan with what the context holds: builds the operators, or
  /// uses again those of an earlier one. `spare`, which may be absent, gets what is left of it in the end.
  void Start(PositionMap original_position, std::function<void()> on_failure, std::shared_ptr<sql::SpareRun> spare);
  /// Destroys a source, or leaves it as a spare run.
  static void Retire(std::unique_ptr<Source> source);
  sql::ExecContext& context() { return *context_; }

  bool Next();
  const std::vector<ResultColumn>& columns() const { return columns_; }
  /// The column of a cell; Error(kInvalidArgument) past the last column, or when there is no current row.
  const Column& ColumnAt(size_t column) const;
  size_t row() const { return row_; }
  int64_t affected_rows() const { return affected_rows_; }
  void set_affected_rows(int64_t rows) { affected_rows_ = rows; }

 private:
  template <typename F>
  auto WithPositions(F&& f);
  bool Release();

  std::vector<ResultColumn> columns_;
  std::unique_ptr<sql::ExecContext> context_;
  std::shared_ptr<sql::SpareRun> spare_;  ///< Has to go before the context's plan.
  sql::OperatorPtr root_;
  /// For each result column, its place in the batches.
  std::vector<size_t> output_;
  ColumnBatch* batch_ = nullptr;
  size_t next_ = 0;
  size_t row_ = 0;
  bool done_ = false;
  bool failed_ = false;
  bool released_ = false;  ///< The operators wait for another execution.
  int64_t affected_rows_ = -1;
  PositionMap original_position_;
  std::function<void()> on_failure_;
};

}  // namespace rem

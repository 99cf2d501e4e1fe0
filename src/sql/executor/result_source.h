#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <rem/result.h>

#include "sql/executor/operator.h"

namespace rem {

/// Where a Result's rows come from.
class Result::Source {
 public:
  /// Gives the position in the text that the caller wrote for one in the text that was planned.
  using PositionMap = std::function<int(int)>;

  Source(std::vector<ResultColumn> columns, std::unique_ptr<const sql::ExecContext> context, sql::OperatorPtr root,
         std::vector<size_t> output);
  /// Builds the operators of a plan, which the context keeps alive.
  Source(std::vector<ResultColumn> columns, std::unique_ptr<const sql::ExecContext> context,
         const sql::PhysicalNode& root, std::vector<size_t> output, PositionMap original_position);

  bool Next();
  const std::vector<ResultColumn>& columns() const { return columns_; }
  /// The column of a cell; Error(kInvalidArgument) past the last column, or when there is no current row.
  const Column& ColumnAt(size_t column) const;
  size_t row() const { return row_; }
  int64_t affected_rows() const { return affected_rows_; }
  void set_affected_rows(int64_t rows) { affected_rows_ = rows; }
  /// Called when Next() throws.
  void set_on_failure(std::function<void()> on_failure) { on_failure_ = std::move(on_failure); }

 private:
  template <typename F>
  auto WithPositions(F&& f);

  std::vector<ResultColumn> columns_;
  std::unique_ptr<const sql::ExecContext> context_;
  sql::OperatorPtr root_;
  /// For each result column, its place in the batches.
  std::vector<size_t> output_;
  ColumnBatch* batch_ = nullptr;
  size_t next_ = 0;
  size_t row_ = 0;
  bool done_ = false;
  int64_t affected_rows_ = -1;
  PositionMap original_position_;
  std::function<void()> on_failure_;
};

}  // namespace rem

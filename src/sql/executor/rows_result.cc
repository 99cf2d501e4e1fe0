#include "sql/executor/rows_result.h"

#include <memory>
#include <utility>

#include "sql/executor/operator.h"
#include "sql/executor/result_source.h"

namespace rem::sql {
namespace {

class Rows final : public Operator {
 public:
  Rows(const std::vector<ResultColumn>& columns, const std::vector<std::vector<Value>>& rows) {
    for (size_t i = 0; i < columns.size(); ++i) {
      auto& column = columns_.emplace_back(std::make_unique<Column>(columns[i].type));
      column->Reset(rows.size());
      for (size_t row = 0; row < rows.size(); ++row) column->Set(row, rows[row][i]);
      batch_.columns.push_back(column.get());
    }
    batch_.rows = rows.size();
  }
  ColumnBatch* Next() override { return batch_.rows == 0 || std::exchange(done_, true) ? nullptr : &batch_; }

 private:
  std::vector<std::unique_ptr<Column>> columns_;
  ColumnBatch batch_;
  bool done_ = false;
};

}  // namespace

Result MakeRowsResult(std::vector<ResultColumn> columns, const std::vector<std::vector<Value>>& rows,
                      int64_t affected_rows) {
  auto root = std::make_unique<Rows>(columns, rows);
  std::vector<size_t> output;
  for (size_t i = 0; i < columns.size(); ++i) output.push_back(i);
  auto source = std::make_unique<Result::Source>(std::move(columns), std::make_unique<ExecContext>(), std::move(root),
                                                 std::move(output));
  source->set_affected_rows(affected_rows);
  return Result(std::move(source));
}

}  // namespace rem::sql

#include <rem/result.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/check.h"
#include "sql/executor/result_source.h"
#include "sql/plan/query_vector.h"

namespace rem {

Result::Source::Source(std::vector<ResultColumn> columns, std::unique_ptr<sql::ExecContext> context,
                       sql::OperatorPtr root, std::vector<size_t> output)
    : columns_(std::move(columns)), context_(std::move(context)), root_(std::move(root)), output_(std::move(output)) {}

// Errors name positions in the text that was planned, which may be another than the one that was written.
template <typename F>
auto Result::Source::WithPositions(F&& f) {
  try {
    return f();
  } catch (const Error& error) {
    if (original_position_ == nullptr || error.position() == 0) throw;
    throw Error(error.code(), error.message(), error.hint())
        .WithDetail(error.detail())
        .WithSqlState(error.sqlstate())
        .WithPosition(original_position_(error.position()));
  }
}

Result::Source::Source(const sql::PhysicalPlan& plan) : context_(std::make_unique<sql::ExecContext>()) {
  columns_.reserve(plan.output.size());
  output_.reserve(plan.output.size());
  for (const sql::OutputColumn& column : plan.output) {
    columns_.push_back({column.name, plan.columns[column.column].type});
    const auto place = std::ranges::find(plan.root->layout, column.column);
    REM_CHECK(place != plan.root->layout.end());
    output_.push_back(static_cast<size_t>(place - plan.root->layout.begin()));
  }
}

void Result::Source::Start(PositionMap original_position, std::function<void()> on_failure,
                           std::shared_ptr<sql::SpareRun> spare) {
  original_position_ = std::move(original_position);
  on_failure_ = std::move(on_failure);
  spare_ = std::move(spare);
  done_ = released_ = false;
  WithPositions([&] {
    sql::ResolveQueryVectors(*context_->plan, context_->parameters);
    if (root_ == nullptr) {
      root_ = sql::BuildOperators(*context_, *context_->plan->root);
    } else {
      root_->Restart();
    }
  });
}

bool Result::Source::Release() {
  if (!released_) released_ = !failed_ && root_ != nullptr && root_->Release();
  return released_;
}

void Result::Source::Retire(std::unique_ptr<Source> source) {
  if (source == nullptr || source->spare_ == nullptr || !source->Release()) return;
  // A spare run does not keep the plan, in whose cache it lies, and must not outlive it.
  const std::shared_ptr<const sql::PhysicalPlan> plan = std::move(source->context_->plan);
  const std::shared_ptr<sql::SpareRun> spare = std::move(source->spare_);
  source->batch_ = nullptr;
  source->next_ = 0;
  source->original_position_ = nullptr;
  source->on_failure_ = nullptr;
  source->context_->view = nullptr;
  source->context_->statement = nullptr;
  source->context_->parameters.clear();
  spare->Give(std::move(source));
}

bool Result::Source::Next() {
  if (done_) return false;
  if (batch_ == nullptr || next_ == batch_->count()) {
    batch_ = nullptr;
    done_ = true;  // Also when Next() throws: a failed query has no more rows.
    try {
      batch_ = WithPositions([&] { return root_->Next(); });
    } catch (...) {
      failed_ = true;
      if (on_failure_) on_failure_();
      throw;
    }
    next_ = 0;
    if (batch_ == nullptr) {
      if (spare_ == nullptr || !Release()) root_.reset();
      return false;
    }
    done_ = false;
  }
  row_ = batch_->row(next_++);
  return true;
}

const Column& Result::Source::ColumnAt(size_t column) const {
  if (column >= output_.size()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("result has no column {}: it has {}", column, output_.size()),
                "columns count from 0");
  }
  if (batch_ == nullptr || next_ == 0)
    throw Error(ErrorCode::kInvalidArgument, "result has no current row", "call Next() and look at what it returns");
  return *batch_->columns[output_[column]];
}

namespace {

template <LogicalType type>
const Cell<type>& CellAt(const Column& column, size_t row) {
  if (column.type() != type || column.IsNull(row)) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("result cell is {}, not {}", column.IsNull(row) ? "NULL" : LogicalTypeName(column.type()),
                            LogicalTypeName(type)),
                "look at columns() and IsNull() first, or use Get()");
  }
  return column.data<Cell<type>>()[row & column.row_mask()];
}

}  // namespace

Result::Result(std::unique_ptr<Source> source) : source_(std::move(source)) {}
Result::Result(Result&&) noexcept = default;
Result& Result::operator=(Result&& other) noexcept {
  Source::Retire(std::exchange(source_, std::move(other.source_)));
  return *this;
}
Result::~Result() { Source::Retire(std::move(source_)); }

const std::vector<ResultColumn>& Result::columns() const { return source_->columns(); }
int64_t Result::affected_rows() const { return source_->affected_rows(); }
bool Result::Next() { return source_->Next(); }

bool Result::IsNull(size_t column) const { return source_->ColumnAt(column).IsNull(source_->row()); }
int64_t Result::GetInt(size_t column) const {
  const Column& cells = source_->ColumnAt(column);
  if (cells.type() == LogicalType::kInteger) return CellAt<LogicalType::kInteger>(cells, source_->row());
  if (cells.type() == LogicalType::kSmallInt) return CellAt<LogicalType::kSmallInt>(cells, source_->row());
  if (cells.type() == LogicalType::kTimestamp) return CellAt<LogicalType::kTimestamp>(cells, source_->row());
  return CellAt<LogicalType::kInt>(cells, source_->row());
}
double Result::GetDouble(size_t column) const {
  const Column& cells = source_->ColumnAt(column);
  if (IsInteger(cells.type())) return static_cast<double>(GetInt(column));
  if (cells.type() == LogicalType::kReal) return CellAt<LogicalType::kReal>(cells, source_->row());
  return CellAt<LogicalType::kDouble>(cells, source_->row());
}
bool Result::GetBool(size_t column) const {
  return CellAt<LogicalType::kBool>(source_->ColumnAt(column), source_->row()) != 0;
}
std::string_view Result::GetText(size_t column) const {
  return CellAt<LogicalType::kText>(source_->ColumnAt(column), source_->row());
}
DocumentView Result::GetJson(size_t column) const {
  return CellAt<LogicalType::kJson>(source_->ColumnAt(column), source_->row());
}
Value Result::Get(size_t column) const { return source_->ColumnAt(column).Get(source_->row()); }

std::vector<std::vector<Value>> Result::FetchAll(size_t max_rows) {
  std::vector<std::vector<Value>> rows;
  while (Next()) {
    if (rows.size() == max_rows) {
      throw Error(ErrorCode::kLimitExceeded, fmt::format("result has more than {} rows", max_rows),
                  "read it row by row with Next(), or add a LIMIT");
    }
    std::vector<Value>& row = rows.emplace_back();
    row.reserve(columns().size());
    for (size_t i = 0; i < columns().size(); ++i) row.push_back(Get(i));
  }
  return rows;
}

}  // namespace rem

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/cell_hash.h"
#include "sql/executor/statement_state.h"

namespace rem::sql {

namespace {

/// A recursion that goes on for longer has most likely no end.
constexpr size_t kMaxRounds = 100'000;
constexpr const char* kWhat = "WITH RECURSIVE";

// WITH RECURSIVE: each round shows its rows, then the right side computes the next one from them.
class Recursion : public Operator {
 public:
  Recursion(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        node_(node),
        plan_(std::get<RecursionPlan>(node.body)),
        input_(std::move(input)),
        rows_(std::make_unique<RowStore>(context, node.layout, kWhat)) {
    std::vector<LogicalType> types;
    for (const ColumnId id : node.layout) types.push_back(context.column(id).type);
    if (!plan_.all) seen_.emplace(std::move(types));
  }

  ColumnBatch* Next() override {
    while (next_ == rows_->size()) {
      auto round = std::make_unique<RowStore>(context_, node_.layout, kWhat);
      if (input_ != nullptr) {
        Collect(*input_, plan_.left, node_.input->layout, *round);
        input_.reset();
      } else {
        if (rows_->size() == 0) return nullptr;
        CheckRounds();
        context_.statement->work[plan_.recursion] = rows_.get();
        const OperatorPtr step = BuildOperators(context_, *node_.right);
        Collect(*step, plan_.right, node_.right->layout, *round);
      }
      rows_ = std::move(round);
      next_ = 0;
      if (rows_->size() == 0) return nullptr;
    }
    const size_t count = std::min(context_.batch_rows, rows_->size() - next_);
    std::vector<uint32_t> shown(count);
    std::iota(shown.begin(), shown.end(), static_cast<uint32_t>(next_));
    rows_->Show(shown, batch_);
    next_ += count;
    return &batch_;
  }

 private:
  void CheckRounds() {
    if (++rounds_ <= kMaxRounds) return;
    throw Error(ErrorCode::kLimitExceeded,
                fmt::format("recursive query went on for more than the limit of {} rounds", kMaxRounds),
                "end it with a condition in its WHERE, or with a LIMIT where it is read");
  }

  void Collect(Operator& from, const std::vector<ColumnId>& ids, const std::vector<ColumnId>& layout, RowStore& out) {
    while (ColumnBatch* batch = from.Next()) {
      ColumnBatch view;
      for (const ColumnId id : ids)
        view.columns.push_back(batch->columns[std::ranges::find(layout, id) - layout.begin()]);
      view.rows = batch->rows;
      if (seen_) HashRows(view.columns, batch->row_numbers(), batch->count(), hashes_);
      for (size_t i = 0; i < batch->count(); ++i) {
        if (seen_) {
          const size_t before = seen_->size();
          seen_->FindOrAdd(view.columns, batch->row(i), hashes_[i]);
          if (seen_->size() == before) continue;
        }
        out.Append(view, batch->row(i));
      }
      out.CheckMemory(seen_ ? seen_->memory_bytes() : 0);
    }
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const RecursionPlan& plan_;
  OperatorPtr input_;
  std::unique_ptr<RowStore> rows_;
  std::optional<KeyTable> seen_;
  std::vector<uint64_t> hashes_;
  size_t rounds_ = 0;
  size_t next_ = 0;
  ColumnBatch batch_;
};

class WorkScan : public Operator {
 public:
  WorkScan(const ExecContext& context, const PhysicalNode& node)
      : batch_rows_(context.batch_rows),
        rows_(*context.statement->work.at(std::get<WorkScanPlan>(node.body).recursion)) {}

  ColumnBatch* Next() override {
    if (next_ == rows_.size()) return nullptr;
    const size_t count = std::min(batch_rows_, rows_.size() - next_);
    std::vector<uint32_t> shown(count);
    std::iota(shown.begin(), shown.end(), static_cast<uint32_t>(next_));
    rows_.Show(shown, batch_);
    next_ += count;
    return &batch_;
  }

 private:
  const size_t batch_rows_;
  const RowStore& rows_;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewRecursion(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Recursion>(context, node, std::move(input));
}
OperatorPtr NewWorkScan(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<WorkScan>(context, node);
}

}  // namespace rem::sql

#include <algorithm>
#include <numeric>

#include "sql/executor/row_store.h"

namespace rem::sql {

namespace {

/// Rows are collected until there are this many more than wanted, then the worst are dropped.
constexpr size_t kSlack = 1024;

class TopN : public Operator {
 public:
  TopN(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : input_(std::move(input)),
        batch_rows_(context.batch_rows),
        store_(context, node.layout),
        order_(std::get<TopNPlan>(node.body).keys, node.layout),
        values_(EvaluateLimit(context, std::get<TopNPlan>(node.body).limit)) {}

  ColumnBatch* Next() override {
    if (!done_) Collect();
    if (next_ >= rows_.size()) return nullptr;
    const size_t count = std::min(batch_rows_, rows_.size() - next_);
    store_.Show(std::span(rows_).subspan(next_, count), batch_);
    next_ += count;
    return &batch_;
  }

 private:
  void Collect() {
    done_ = true;
    if (values_.limit == 0) return;
    const size_t wanted = static_cast<size_t>(std::min<int64_t>(values_.total(), INT64_MAX / 4));
    bool full = false;  // Then the last kept row is the worst that may stay.
    while (ColumnBatch* batch = input_->Next()) {
      for (size_t i = 0; i < batch->count(); ++i) {
        const size_t row = batch->row(i);
        if (full && order_.Compare(batch->columns, row, Columns(), wanted - 1) >= 0) continue;
        store_.Append(*batch, row);
        if (store_.size() >= wanted * 2 + kSlack) {
          Shrink(wanted);
          full = true;
        }
      }
      store_.CheckMemory("ORDER BY with LIMIT");
    }
    input_.reset();
    Shrink(wanted);
    rows_.resize(store_.size());
    std::iota(rows_.begin(), rows_.end(), 0);
    next_ = std::min(rows_.size(), static_cast<size_t>(std::min<int64_t>(values_.offset, INT32_MAX)));
  }

  std::span<const Column* const> Columns() {
    if (columns_.empty()) {
      store_.Show({}, batch_);
      columns_ = batch_.columns;
    }
    return columns_;
  }

  // Sorts what is kept, and drops what is too much.
  void Shrink(size_t wanted) {
    columns_.clear();
    const auto columns = Columns();
    std::vector<uint32_t> rows(store_.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::ranges::stable_sort(rows, [&](uint32_t a, uint32_t b) { return order_.Compare(columns, a, columns, b) < 0; });
    rows.resize(std::min(rows.size(), wanted));
    store_.Keep(rows);
    columns_.clear();
  }

  OperatorPtr input_;
  const size_t batch_rows_;
  RowStore store_;
  RowOrder order_;
  LimitValues values_;
  bool done_ = false;
  std::vector<const Column*> columns_;
  std::vector<uint32_t> rows_;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewTopN(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<TopN>(context, node, std::move(input));
}

}  // namespace rem::sql

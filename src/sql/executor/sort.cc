#include <algorithm>
#include <numeric>

#include "sql/executor/row_store.h"

namespace rem::sql {

namespace {

constexpr size_t kRowsBetweenMemoryChecks = 1024;
constexpr uint64_t kComparisonsBetweenChecks = 1 << 16;

class Sort : public Operator {
 public:
  Sort(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        input_(std::move(input)),
        batch_rows_(context.batch_rows),
        store_(context, node.layout, "sort"),
        order_(std::get<SortPlan>(node.body).keys, node.layout) {}

  ColumnBatch* Next() override {
    if (!sorted_) SortAll();
    if (next_ == rows_.size()) return nullptr;
    const size_t count = std::min(batch_rows_, rows_.size() - next_);
    store_.Show(std::span(rows_).subspan(next_, count), batch_);
    next_ += count;
    return &batch_;
  }

 private:
  void SortAll() {
    sorted_ = true;
    while (ColumnBatch* batch = input_->Next()) {
      for (size_t i = 0; i < batch->count(); ++i) {
        store_.Append(*batch, batch->row(i));
        if (store_.size() % kRowsBetweenMemoryChecks == 0) store_.CheckMemory();
      }
      store_.CheckMemory();
    }
    input_.reset();
    rows_.resize(store_.size());
    std::iota(rows_.begin(), rows_.end(), 0);
    store_.Show({}, batch_);
    const std::vector<const Column*> columns = batch_.columns;
    // Stable, so that an answer does not change from run to run.
    uint64_t compared = 0;
    std::ranges::stable_sort(rows_, [&](uint32_t a, uint32_t b) {
      if (++compared % kComparisonsBetweenChecks == 0) context_.CheckEnd();
      return order_.Compare(columns, a, columns, b) < 0;
    });
  }

  const ExecContext& context_;
  OperatorPtr input_;
  const size_t batch_rows_;
  RowStore store_;
  RowOrder order_;
  bool sorted_ = false;
  std::vector<uint32_t> rows_;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewSort(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Sort>(context, node, std::move(input));
}

}  // namespace rem::sql

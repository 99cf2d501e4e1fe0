#include <algorithm>
#include <numeric>

#include "sql/executor/row_store.h"
#include "sql/executor/window_call.h"

namespace rem::sql {

namespace {

constexpr size_t kRowsBetweenMemoryChecks = 1024;
constexpr uint64_t kComparisonsBetweenChecks = 1 << 16;

std::vector<SortKey> KeysOf(const std::vector<ColumnId>& columns) {
  std::vector<SortKey> keys;
  for (const ColumnId column : columns) keys.push_back({column, false, false});
  return keys;
}

// Keeps all rows, sorts them by partition and order, and computes the calls partition by partition.
class Window : public Operator {
 public:
  Window(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        node_(node),
        window_(std::get<WindowPlan>(node.body).window),
        input_(std::move(input)),
        store_(context, node.input->layout, "window"),
        by_partition_(KeysOf(window_.partition), node.input->layout),
        by_order_(window_.order, node.input->layout) {}

  ColumnBatch* Next() override {
    if (!done_) RunAll();
    if (next_ == rows_.size()) return nullptr;
    const size_t count = std::min(context_.batch_rows, rows_.size() - next_);
    store_.Show(std::span(rows_).subspan(next_, count), batch_);
    for (const auto& call : calls_) batch_.columns.push_back(&call->results());
    next_ += count;
    return &batch_;
  }

 private:
  void RunAll() {
    done_ = true;
    for (const WindowCall& call : window_.calls)
      calls_.push_back(std::make_unique<RunningWindowCall>(context_, call, window_, node_.input->layout));
    while (ColumnBatch* batch = input_->Next()) {
      for (size_t i = 0; i < batch->count(); ++i) {
        store_.Append(*batch, batch->row(i));
        if (store_.size() % kRowsBetweenMemoryChecks == 0) store_.CheckMemory();
      }
    }
    input_.reset();
    rows_.resize(store_.size());
    std::iota(rows_.begin(), rows_.end(), 0);
    store_.Show({}, batch_);
    columns_ = batch_.columns;
    Sort();
    for (const auto& call : calls_) call->Start(rows_.size());
    CountMemory();
    for (size_t begin = 0; begin < rows_.size();) {
      const size_t end = Peers(by_partition_, begin, rows_.size());
      RunPartition(begin, end);
      begin = end;
    }
  }

  // Stable, so that an answer does not change from run to run.
  void Sort() {
    if (window_.partition.empty() && window_.order.empty()) return;
    uint64_t compared = 0;
    std::ranges::stable_sort(rows_, [&](uint32_t a, uint32_t b) {
      if (++compared % kComparisonsBetweenChecks == 0) context_.CheckEnd();
      const int partition = by_partition_.Compare(columns_, a, columns_, b);
      return partition != 0 ? partition < 0 : by_order_.Compare(columns_, a, columns_, b) < 0;
    });
  }

  // The end of the rows from `begin` on that are equal by `order`.
  size_t Peers(const RowOrder& order, size_t begin, size_t limit) const {
    size_t end = begin + 1;
    while (end < limit && order.Compare(columns_, rows_[begin], columns_, rows_[end]) == 0) ++end;
    return end;
  }

  void RunPartition(size_t begin, size_t end) {
    partition_.rows = std::span(rows_).subspan(begin, end - begin);
    partition_.group.clear();
    partition_.group_begin.clear();
    for (size_t at = begin; at < end;) {
      const size_t peers_end = Peers(by_order_, at, end);
      partition_.group.insert(partition_.group.end(), peers_end - at,
                              static_cast<uint32_t>(partition_.group_begin.size()));
      partition_.group_begin.push_back(static_cast<uint32_t>(at - begin));
      at = peers_end;
    }
    partition_.group_begin.push_back(static_cast<uint32_t>(end - begin));
    for (const auto& call : calls_) call->Run(partition_, columns_);
    CountMemory();
  }

  void CountMemory() {
    size_t more = (rows_.capacity() + partition_.group.capacity()) * sizeof(uint32_t);
    for (const auto& call : calls_) more += call->memory_bytes();
    store_.CheckMemory(more);
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const LogicalWindow& window_;
  OperatorPtr input_;
  RowStore store_;
  RowOrder by_partition_, by_order_;
  std::vector<std::unique_ptr<RunningWindowCall>> calls_;
  std::vector<const Column*> columns_;
  std::vector<uint32_t> rows_;  // In the window's order.
  WindowPartition partition_;
  bool done_ = false;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewWindow(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Window>(context, node, std::move(input));
}

}  // namespace rem::sql

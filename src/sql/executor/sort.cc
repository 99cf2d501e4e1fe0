#include "sql/executor/lanes.h"
#include "sql/executor/sort_run.h"

namespace rem::sql {

namespace {

// Where several threads share the input, each keeps what it read.
class Sort : public Operator {
 public:
  Sort(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context), node_(node), input_(std::move(input)) {}

  ColumnBatch* Next() override {
    if (!sorted_) sorted_ = SortAll();
    return sorted_->Show(context_.batch_rows, batch_) ? &batch_ : nullptr;
  }

 private:
  std::unique_ptr<SortedRows> SortAll() {
    std::vector<std::unique_ptr<SortRun>> runs;
    const auto add_run = [&](const ExecContext& context) {
      runs.push_back(std::make_unique<SortRun>(context, node_.layout, "sort"));
    };
    if (const auto lanes = Lanes::Make(context_, *node_.input)) {
      for (size_t i = 0; i < lanes->size(); ++i) add_run(lanes->context(i));
      lanes->Run([&](size_t i, Operator& input, const Lane& lane) {
        Read(input, *runs[i], [&](uint64_t rows) { return lane.Order(rows); });
      });
      context_.Note(node_, "threads", lanes->size());
    } else {
      add_run(context_);
      Read(*input_, *runs[0], [](uint64_t rows) { return rows; });
    }
    input_.reset();
    return std::make_unique<SortedRows>(context_, node_.layout, std::get<SortPlan>(node_.body).keys, std::move(runs));
  }

  template <typename Order>
  static void Read(Operator& input, SortRun& run, const Order& order) {
    uint64_t rows = 0;
    for (const ColumnBatch* batch; (batch = input.Next()) != nullptr; rows += batch->count())
      run.Add(*batch, order(rows));
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  OperatorPtr input_;
  std::unique_ptr<SortedRows> sorted_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewSort(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Sort>(context, node, std::move(input));
}

}  // namespace rem::sql

#include "sql/executor/lanes.h"
#include "sql/executor/sort_run.h"

namespace rem::sql {

namespace {

// Where several threads share the input, each sorts what it read, and the sorted runs are merged as somebody asks for
// rows.
class Sort : public Operator {
 public:
  Sort(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context), node_(node), input_(std::move(input)) {}

  ColumnBatch* Next() override {
    if (!sorted_) sorted_ = SortAll();
    return sorted_->Show(context_.batch_rows, batch_) ? &batch_ : nullptr;
  }

 private:
  std::unique_ptr<SortRun> NewRun(const ExecContext& context) const {
    return std::make_unique<SortRun>(context, node_.layout, std::get<SortPlan>(node_.body).keys, "sort");
  }

  std::unique_ptr<SortedRuns> SortAll() {
    std::vector<std::unique_ptr<SortRun>> runs;
    if (const auto lanes = Lanes::Make(context_, *node_.input)) {
      for (size_t i = 0; i < lanes->size(); ++i) runs.push_back(NewRun(lanes->context(i)));
      lanes->Run([&](size_t i, Operator& input, const Lane& lane) {
        Read(input, *runs[i], [&](uint64_t rows) { return lane.Order(rows); });
      });
      context_.Note(node_, "threads", lanes->size());
      // The contexts of the lanes end here.
      return std::make_unique<SortedRuns>(std::move(runs));
    }
    runs.push_back(NewRun(context_));
    Read(*input_, *runs[0], [](uint64_t rows) { return rows; });
    input_.reset();
    return std::make_unique<SortedRuns>(std::move(runs));
  }

  template <typename Order>
  static void Read(Operator& input, SortRun& run, const Order& order) {
    uint64_t rows = 0;
    for (const ColumnBatch* batch; (batch = input.Next()) != nullptr; rows += batch->count())
      run.Add(*batch, order(rows));
    run.Sort();
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  OperatorPtr input_;
  std::unique_ptr<SortedRuns> sorted_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewSort(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Sort>(context, node, std::move(input));
}

}  // namespace rem::sql

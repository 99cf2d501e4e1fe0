#include <algorithm>
#include <numeric>

#include "sql/executor/lanes.h"
#include "sql/executor/top_rows.h"

namespace rem::sql {

namespace {

class TopN : public Operator {
 public:
  TopN(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        node_(node),
        plan_(std::get<TopNPlan>(node.body)),
        input_(std::move(input)),
        values_(EvaluateLimit(context, plan_.limit)),
        top_(NewRows(context)) {}

  ColumnBatch* Next() override {
    if (!done_) Collect();
    if (next_ >= rows_.size()) return nullptr;
    const size_t count = std::min(context_.batch_rows, rows_.size() - next_);
    top_->rows().Show(std::span(rows_).subspan(next_, count), batch_);
    next_ += count;
    return &batch_;
  }

 private:
  std::unique_ptr<TopRows> NewRows(const ExecContext& context) const {
    const auto wanted = static_cast<size_t>(std::min<int64_t>(values_.total(), INT64_MAX / 4));
    return std::make_unique<TopRows>(context, node_.layout, plan_.keys, wanted);
  }

  void Collect() {
    done_ = true;
    if (values_.limit == 0) return;
    if (const auto lanes = Lanes::Make(context_, *node_.input)) {
      CollectInLanes(*lanes);
    } else {
      Read(*input_, *top_, [](uint64_t rows) { return rows; });
    }
    input_.reset();
    top_->Finish();
    rows_.resize(top_->rows().size());
    std::iota(rows_.begin(), rows_.end(), 0);
    next_ = static_cast<size_t>(std::min(static_cast<int64_t>(rows_.size()), values_.offset));
  }

  void CollectInLanes(Lanes& lanes) {
    std::vector<std::unique_ptr<TopRows>> tops;
    for (size_t i = 0; i < lanes.size(); ++i) tops.push_back(NewRows(lanes.context(i)));
    lanes.Run([&](size_t i, Operator& input, const Lane& lane) {
      Read(input, *tops[i], [&](uint64_t rows) { return lane.Order(rows); });
      tops[i]->Finish();
    });
    for (const auto& top : tops) top_->Merge(*top);
    context_.Note(node_, "threads", lanes.size());
  }

  template <typename Order>
  static void Read(Operator& input, TopRows& top, const Order& order) {
    uint64_t rows = 0;
    for (const ColumnBatch* batch; (batch = input.Next()) != nullptr; rows += batch->count())
      top.Add(*batch, order(rows));
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const TopNPlan& plan_;
  OperatorPtr input_;
  LimitValues values_;
  std::unique_ptr<TopRows> top_;
  bool done_ = false;
  std::vector<uint32_t> rows_;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewTopN(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<TopN>(context, node, std::move(input));
}

}  // namespace rem::sql

#include <algorithm>

#include "sql/executor/aggregate_table.h"
#include "sql/executor/lanes.h"

namespace rem::sql {

namespace {

// Hash aggregation. Where several threads share the input, each fills a table of its own, and these are merged.
class Aggregate : public Operator {
 public:
  Aggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        node_(node),
        plan_(std::get<AggregatePlan>(node.body)),
        input_(std::move(input)),
        table_(context, plan_, node.input->layout) {}

  ColumnBatch* Next() override {
    if (!done_) Collect();
    if (next_ >= table_.size()) return nullptr;
    const size_t count = std::min(context_.batch_rows, table_.size() - next_);
    table_.Show(next_, count, batch_);
    next_ += count;
    return &batch_;
  }

 private:
  void Collect() {
    done_ = true;
    std::unique_ptr<Lanes> lanes;
    if (AggregateTable::CanMerge(plan_)) lanes = Lanes::Make(context_, *node_.input);
    if (lanes != nullptr) {
      CollectInLanes(*lanes);
    } else {
      uint64_t rows = 0;
      for (const ColumnBatch* batch; (batch = input_->Next()) != nullptr; rows += batch->count())
        table_.Add(*batch, rows);
    }
    input_.reset();
    table_.Finish();
  }

  void CollectInLanes(Lanes& lanes) {
    std::vector<std::unique_ptr<AggregateTable>> tables;
    for (size_t i = 0; i < lanes.size(); ++i)
      tables.push_back(std::make_unique<AggregateTable>(lanes.context(i), plan_, node_.input->layout));
    lanes.Run([&](size_t i, Operator& input, const Lane& lane) {
      uint64_t rows = 0;
      for (const ColumnBatch* batch; (batch = input.Next()) != nullptr; rows += batch->count())
        tables[i]->Add(*batch, lane.Order(rows));
    });
    for (const auto& table : tables) table_.Merge(*table);
    context_.Note(node_, "threads", lanes.size());
    // The states may point into the memory of what was merged.
    merged_ = std::move(tables);
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const AggregatePlan& plan_;
  OperatorPtr input_;
  AggregateTable table_;
  std::vector<std::unique_ptr<AggregateTable>> merged_;
  bool done_ = false;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Aggregate>(context, node, std::move(input));
}

}  // namespace rem::sql

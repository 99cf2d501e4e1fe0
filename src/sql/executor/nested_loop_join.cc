#include "sql/executor/pair_join.h"

namespace rem::sql {

namespace {

// Every left row with every right row.
class NestedLoopJoin : public PairJoin {
 public:
  using PairJoin::PairJoin;

 private:
  void AddRight(const ColumnBatch&, size_t) override {}
  void StartLeft(const ColumnBatch&) override { left_ = right_ = 0; }
  void FindPairs() override {
    for (; left_ < left_count(); ++left_, right_ = 0) {
      while (right_ < right_rows().size() && !Settled(left_)) {
        if (!Pair(left_, static_cast<uint32_t>(right_++))) return;
      }
    }
  }

  size_t left_ = 0;
  size_t right_ = 0;
};

}  // namespace

OperatorPtr NewNestedLoopJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left,
                              OperatorPtr right) {
  const auto& plan = std::get<NestedLoopJoinPlan>(node.body);
  return std::make_unique<NestedLoopJoin>(context, node, plan.kind, plan.conditions, std::move(left), std::move(right));
}

}  // namespace rem::sql

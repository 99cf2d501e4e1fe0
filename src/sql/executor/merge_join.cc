#include <algorithm>

#include "sql/executor/pair_join.h"

namespace rem::sql {

namespace {

size_t PlaceOf(std::span<const ColumnId> layout, ColumnId column) {
  return static_cast<size_t>(std::ranges::find(layout, column) - layout.begin());
}

// Both sides come in the order of their keys, NULLs last. Of the right side it keeps the rows whose keys lie in the
// range of the left batch's: both are walked side by side.
class MergeJoin : public PairJoin {
 public:
  MergeJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right)
      : PairJoin(context, node, PlanOf(node).kind, PlanOf(node).conditions, std::move(left), std::move(right)),
        left_key_(PlaceOf(node.input->layout, PlanOf(node).left_key)),
        right_key_(PlaceOf(node.right->layout, PlanOf(node).right_key)) {}

 private:
  static const MergeJoinPlan& PlanOf(const PhysicalNode& node) { return std::get<MergeJoinPlan>(node.body); }

  bool StreamsRight() const override { return true; }
  void AddRight(const ColumnBatch&, size_t) override {}

  void StartLeft(const ColumnBatch& batch) override {
    left_ = &batch;
    at_ = 0;
    // Rows with a NULL key, which come last, have no partners.
    with_key_ = batch.count();
    while (with_key_ > 0 && keys().IsNull(batch.row(with_key_ - 1))) --with_key_;
    if (with_key_ == 0) return;
    while (first_ < right_rows().size() && CompareToRight(0, first_) > 0) ++first_;
    DropPassed();
    while (MayNeedMore() && ReadMoreRight()) {
      while (first_ < right_rows().size() && CompareToRight(0, first_) > 0) ++first_;
      DropPassed();
    }
    group_ = group_end_ = first_;
  }

  const Column& keys() const { return *left_->columns[left_key_]; }

  // Of a left row with a key, by its place among those that count.
  int CompareToRight(size_t left, size_t right) const {
    const Column& right_keys = right_rows().column(right_key_);
    if (right_keys.IsNull(right)) return -1;
    return CompareCells(keys(), left_->row(left), right_keys, right);
  }

  // A part of the store that is worth the copying.
  void DropPassed() {
    if (first_ * 2 < right_rows().size() || first_ == 0) return;
    DropRight(first_);
    first_ = 0;
  }

  bool MayNeedMore() const {
    return right_rows().size() == first_ || CompareToRight(with_key_ - 1, right_rows().size() - 1) >= 0;
  }

  void FindPairs() override {
    for (; at_ < with_key_; ++at_, next_ = kNone) {
      if (next_ == kNone) {
        if (at_ == 0 || group_ == group_end_ || CompareToRight(at_, group_) != 0) FindGroup();
        next_ = group_;
      }
      while (next_ < group_end_ && !Settled(at_)) {
        if (!Pair(at_, static_cast<uint32_t>(next_++))) return;
      }
    }
  }

  // The right rows with the key of the left one.
  void FindGroup() {
    group_ = group_end_;
    while (group_ < right_rows().size() && CompareToRight(at_, group_) > 0) ++group_;
    group_end_ = group_;
    while (group_end_ < right_rows().size() && CompareToRight(at_, group_end_) == 0) ++group_end_;
  }

  static constexpr size_t kNone = SIZE_MAX;
  const size_t left_key_, right_key_;
  const ColumnBatch* left_ = nullptr;
  size_t with_key_ = 0;
  size_t at_ = 0;
  size_t first_ = 0;  // Kept right rows before it are passed.
  size_t group_ = 0, group_end_ = 0;
  size_t next_ = kNone;  // In the group, for the left row at hand.
};

}  // namespace

OperatorPtr NewMergeJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right) {
  return std::make_unique<MergeJoin>(context, node, std::move(left), std::move(right));
}

}  // namespace rem::sql

#include <algorithm>

#include "sql/executor/row_filter.h"
#include "sql/executor/statement_state.h"

namespace rem::sql {

namespace {

// Runs the right side once for each left row.
class LateralJoin : public Operator {
 public:
  LateralJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left)
      : context_(context),
        node_(node),
        plan_(std::get<LateralJoinPlan>(node.body)),
        left_(std::move(left)),
        conditions_(context, plan_.conditions, node.layout) {
    for (const ColumnId id : plan_.given)
      places_.push_back(std::ranges::find(node.input->layout, id) - node.input->layout.begin());
    for (const ColumnId id : node.input->layout)
      left_cells_.push_back(std::make_unique<Column>(context.column(id).type));
    for (const ColumnId id : node.right->layout) {
      nulls_.push_back(std::make_unique<Column>(context.column(id).type));
      nulls_.back()->SetConstant(Value());
    }
  }

  ColumnBatch* Next() override {
    while (true) {
      if (right_ == nullptr && !NextLeft()) return nullptr;
      while (ColumnBatch* right = right_->Next()) {
        Show(right->columns);
        batch_.rows = right->rows;
        batch_.filtered = right->filtered;
        batch_.selection.swap(right->selection);
        conditions_.Apply(batch_);
        if (batch_.count() == 0) continue;
        matched_ = true;
        return &batch_;
      }
      right_.reset();
      if (matched_ || plan_.kind != JoinKind::kLeft) continue;
      std::vector<const Column*> nulls;
      for (const auto& column : nulls_) nulls.push_back(column.get());
      Show(nulls);
      batch_.rows = 1;
      batch_.filtered = false;
      return &batch_;
    }
  }

 private:
  bool NextLeft() {
    if (batch_left_ == nullptr || at_ == batch_left_->count()) {
      batch_left_ = left_->Next();
      at_ = 0;
      if (batch_left_ == nullptr) return false;
    }
    const size_t row = batch_left_->row(at_++);
    for (size_t c = 0; c < left_cells_.size(); ++c) left_cells_[c]->SetConstant(batch_left_->columns[c]->Get(row));
    std::vector<const Column*> given;
    for (const size_t place : places_) given.push_back(batch_left_->columns[place]);
    nested_ = NestedContext(context_, plan_.given, given, row);
    right_ = BuildOperators(*nested_, *node_.right);
    matched_ = false;
    return true;
  }

  void Show(std::span<const Column* const> right) {
    batch_.columns.clear();
    for (const auto& column : left_cells_) batch_.columns.push_back(column.get());
    batch_.columns.insert(batch_.columns.end(), right.begin(), right.end());
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const LateralJoinPlan& plan_;
  OperatorPtr left_;
  RowFilter conditions_;
  std::vector<size_t> places_;
  std::vector<std::unique_ptr<Column>> left_cells_, nulls_;
  ColumnBatch* batch_left_ = nullptr;
  size_t at_ = 0;
  bool matched_ = false;
  // The operators refer to their context, and go first.
  std::unique_ptr<ExecContext> nested_;
  OperatorPtr right_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewLateralJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left) {
  return std::make_unique<LateralJoin>(context, node, std::move(left));
}

}  // namespace rem::sql

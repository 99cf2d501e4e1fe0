#include <algorithm>

#include "sql/executor/operator.h"

namespace rem::sql {

namespace {

class Limit : public Operator {
 public:
  Limit(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context), node_(node), input_(std::move(input)), values_(Values()) {}

  ColumnBatch* Next() override {
    while (values_.limit > 0) {
      ColumnBatch* batch = input_->Next();
      if (batch == nullptr) return nullptr;
      const int64_t count = static_cast<int64_t>(batch->count());
      const int64_t skipped = std::min(values_.offset, count);
      const int64_t kept = std::min(values_.limit, count - skipped);
      values_.offset -= skipped;
      if (kept == 0) continue;
      values_.limit -= kept;
      if (kept < count) Keep(*batch, static_cast<size_t>(skipped), static_cast<size_t>(kept));
      return batch;
    }
    return nullptr;
  }
  bool Release() override { return input_->Release(); }
  void Restart() override {
    values_ = Values();
    input_->Restart();
  }

 private:
  LimitValues Values() const { return EvaluateLimit(context_, std::get<LimitPlan>(node_.body).limit); }

  static void Keep(ColumnBatch& batch, size_t first, size_t count) {
    std::vector<uint32_t> selection(count);
    for (size_t i = 0; i < count; ++i) selection[i] = static_cast<uint32_t>(batch.row(first + i));
    batch.selection = std::move(selection);
    batch.filtered = true;
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  OperatorPtr input_;
  LimitValues values_;
};

// FETCH FIRST n ROWS WITH TIES: goes on while rows are equal to the n-th one in the columns of the order.
class LimitWithTies : public Operator {
 public:
  LimitWithTies(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : input_(std::move(input)), values_(EvaluateLimit(context, std::get<LimitPlan>(node.body).limit)) {
    for (const ColumnId id : std::get<LimitPlan>(node.body).limit.ties) {
      places_.push_back(std::ranges::find(node.input->layout, id) - node.input->layout.begin());
      last_.push_back(std::make_unique<Column>(context.column(id).type));
    }
    done_ = values_.limit == 0;
  }

  ColumnBatch* Next() override {
    while (!done_) {
      ColumnBatch* batch = input_->Next();
      if (batch == nullptr) return nullptr;
      std::vector<uint32_t> kept;
      for (size_t i = 0; i < batch->count() && !done_; ++i) {
        const size_t row = batch->row(i);
        if (values_.offset > 0) {
          --values_.offset;
        } else if (Takes(*batch, row)) {
          kept.push_back(static_cast<uint32_t>(row));
        }
      }
      if (kept.empty()) continue;
      batch->selection = std::move(kept);
      batch->filtered = true;
      return batch;
    }
    return nullptr;
  }

 private:
  bool Takes(const ColumnBatch& batch, size_t row) {
    if (values_.limit == 0) {
      done_ = !EqualsLast(batch, row);
      return !done_;
    }
    if (--values_.limit > 0) return true;
    for (size_t i = 0; i < places_.size(); ++i) {
      last_[i]->Reset(1);
      last_[i]->CopyCellDeep(0, *batch.columns[places_[i]], row);
    }
    return true;
  }

  bool EqualsLast(const ColumnBatch& batch, size_t row) const {
    for (size_t i = 0; i < places_.size(); ++i) {
      const Column& cells = *batch.columns[places_[i]];
      const bool null = cells.IsNull(row);
      if (null != last_[i]->IsNull(0) || (!null && CompareCells(cells, row, *last_[i], 0) != 0)) return false;
    }
    return true;
  }

  OperatorPtr input_;
  LimitValues values_;
  std::vector<size_t> places_;
  std::vector<std::unique_ptr<Column>> last_;  // The n-th row, once it has come.
  bool done_ = false;
};

}  // namespace

OperatorPtr NewLimit(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  if (!std::get<LimitPlan>(node.body).limit.ties.empty())
    return std::make_unique<LimitWithTies>(context, node, std::move(input));
  return std::make_unique<Limit>(context, node, std::move(input));
}

}  // namespace rem::sql

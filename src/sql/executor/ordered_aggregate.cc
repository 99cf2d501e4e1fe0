#include "sql/executor/ordered_aggregate.h"

#include "sql/executor/aggregate_table.h"

namespace rem::sql {

namespace {

// Rows of one group come one after the other: groups that are done come out before the next ones are begun, so that
// there are never many of them.
class OrderedAggregate : public Operator {
 public:
  OrderedAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        node_(node),
        plan_(std::get<AggregatePlan>(node.body)),
        input_(std::move(input)),
        table_(NewTable()) {
    for (const ComputedColumn& group : plan_.groups) {
      keys_.push_back(Program::Compile(*group.expr, node.input->layout, context.fixed()));
      last_.emplace_back(group.expr->type);
    }
  }

  ColumnBatch* Next() override {
    while (shown_ == nullptr || next_ == shown_->size()) {
      if (ended_) return nullptr;
      Collect();
    }
    const size_t count = std::min(context_.batch_rows, shown_->size() - next_);
    shown_->Show(next_, count, batch_);
    next_ += count;
    return &batch_;
  }

 private:
  std::unique_ptr<AggregateTable> NewTable() const {
    return std::make_unique<AggregateTable>(context_, plan_, node_.input->layout);
  }

  // Reads on until enough groups are done.
  void Collect() {
    shown_.reset();
    while (ColumnBatch* batch = input_->Next()) {
      const size_t begins = table_->size() < context_.batch_rows ? 0 : LastBegin(*batch);
      KeepLast(*batch);
      if (begins == kNone || table_->size() < context_.batch_rows) {
        Add(*batch);
        continue;
      }
      ColumnBatch done;
      done.columns = batch->columns;
      done.rows = batch->rows;
      done.filtered = true;
      for (size_t i = 0; i < begins; ++i) done.selection.push_back(static_cast<uint32_t>(batch->row(i)));
      ColumnBatch rest = done;
      rest.selection.clear();
      for (size_t i = begins; i < batch->count(); ++i) rest.selection.push_back(static_cast<uint32_t>(batch->row(i)));
      if (begins > 0) Add(done);
      Show();
      Add(rest);
      return;
    }
    ended_ = true;
    input_.reset();
    Show();
  }

  void Add(const ColumnBatch& batch) {
    table_->Add(batch, rows_);
    rows_ += batch.count();
  }

  void Show() {
    table_->Finish();
    shown_ = std::exchange(table_, NewTable());
    next_ = 0;
  }

  // The place of the batch's last row that has another key than the one before it; kNone where all have the same.
  size_t LastBegin(const ColumnBatch& batch) {
    Evaluate(batch);
    for (size_t i = batch.count(); i > 0; --i) {
      const bool same = i > 1 ? Same(cells_, batch.row(i - 1), cells_, batch.row(i - 2)) : SameAsLast(batch);
      if (!same) return i - 1;
    }
    return kNone;
  }

  void Evaluate(const ColumnBatch& batch) {
    cells_.clear();
    for (Program& key : keys_)
      cells_.push_back(&key.Run(batch.columns, batch.rows, batch.row_numbers(), batch.count()));
  }

  static bool Same(std::span<const Column* const> a, size_t a_row, std::span<const Column* const> b, size_t b_row) {
    for (size_t k = 0; k < a.size(); ++k) {
      const bool null = a[k]->IsNull(a_row);
      if (null != b[k]->IsNull(b_row)) return false;
      if (!null && CompareCells(*a[k], a_row, *b[k], b_row) != 0) return false;
    }
    return true;
  }

  bool SameAsLast(const ColumnBatch& batch) {
    std::vector<const Column*> last;
    for (const Column& column : last_) last.push_back(&column);
    return Same(cells_, batch.row(0), last, 0);
  }

  void KeepLast(const ColumnBatch& batch) {
    Evaluate(batch);
    for (size_t k = 0; k < cells_.size(); ++k) {
      last_[k].Reset(1);
      last_[k].CopyCellDeep(0, *cells_[k], batch.row(batch.count() - 1));
    }
  }

  static constexpr size_t kNone = SIZE_MAX;
  const ExecContext& context_;
  const PhysicalNode& node_;
  const AggregatePlan& plan_;
  OperatorPtr input_;
  std::unique_ptr<AggregateTable> table_;
  std::unique_ptr<AggregateTable> shown_;
  std::vector<Program> keys_;
  std::vector<const Column*> cells_;
  std::vector<Column> last_;  // The key of the last row, in place 0.
  uint64_t rows_ = 0;
  bool ended_ = false;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewOrderedAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<OrderedAggregate>(context, node, std::move(input));
}

}  // namespace rem::sql

#include <algorithm>

#include "sql/executor/row_fetcher.h"

namespace rem::sql {

namespace {

// Adds fields to rows that know their row id. Rows keep their order.
class Fetch : public Operator {
 public:
  Fetch(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : plan_(std::get<FetchPlan>(node.body)),
        input_(std::move(input)),
        fetcher_(context, *plan_.table, plan_.columns, {}) {
    row_id_ = std::ranges::find(node.input->layout, plan_.row_id) - node.input->layout.begin();
    for (const ColumnId id : node.input->layout) columns_.push_back(std::make_unique<Column>(context.column(id).type));
  }

  ColumnBatch* Next() override {
    const ColumnBatch* input = input_->Next();
    if (input == nullptr) return nullptr;
    const int64_t* ids = input->columns[row_id_]->data<int64_t>();
    rows_.clear();
    for (size_t i = 0; i < input->count(); ++i)
      rows_.push_back(static_cast<RowId>(ids[input->row(i) & input->columns[row_id_]->row_mask()]));
    const ColumnBatch& fetched = fetcher_.Fetch(rows_);
    batch_.columns.clear();
    for (size_t c = 0; c < columns_.size(); ++c) {
      columns_[c]->Reset(fetched.rows);
      for (size_t i = 0; i < fetched.rows; ++i)
        columns_[c]->CopyCell(i, *input->columns[c], input->row(fetcher_.positions()[i]));
      batch_.columns.push_back(columns_[c].get());
    }
    batch_.columns.insert(batch_.columns.end(), fetched.columns.begin(), fetched.columns.end());
    batch_.rows = fetched.rows;
    return &batch_;
  }
  bool Release() override { return rows_.capacity() <= kMostKeptRows && fetcher_.Release() && input_->Release(); }
  void Restart() override {
    fetcher_.Restart({});
    input_->Restart();
  }

 private:
  const FetchPlan& plan_;
  OperatorPtr input_;
  RowFetcher fetcher_;
  size_t row_id_ = 0;
  std::vector<RowId> rows_;
  std::vector<std::unique_ptr<Column>> columns_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewFetch(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Fetch>(context, node, std::move(input));
}

}  // namespace rem::sql

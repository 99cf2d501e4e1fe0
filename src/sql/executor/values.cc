#include <algorithm>

#include "sql/executor/operator.h"

namespace rem::sql {

namespace {

class Values : public Operator {
 public:
  Values(const ExecContext& context, const PhysicalNode& node)
      : context_(context), plan_(std::get<ValuesPlan>(node.body)) {
    for (const ColumnId id : node.layout) columns_.push_back(std::make_unique<Column>(context.column(id).type));
    for (const auto& column : columns_) batch_.columns.push_back(column.get());
  }

  ColumnBatch* Next() override {
    const size_t count = std::min(context_.batch_rows, plan_.rows.size() - next_);
    if (count == 0) return nullptr;
    for (size_t c = 0; c < columns_.size(); ++c) {
      columns_[c]->Reset(count);
      for (size_t i = 0; i < count; ++i) columns_[c]->Set(i, context_.Evaluate(*plan_.rows[next_ + i][c]));
    }
    next_ += count;
    batch_.rows = count;
    batch_.filtered = false;
    return &batch_;
  }

 private:
  const ExecContext& context_;
  const ValuesPlan& plan_;
  std::vector<std::unique_ptr<Column>> columns_;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewValues(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<Values>(context, node);
}

}  // namespace rem::sql

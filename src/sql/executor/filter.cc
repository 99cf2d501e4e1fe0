#include "sql/executor/row_filter.h"

namespace rem::sql {

namespace {

class Filter : public Operator {
 public:
  Filter(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : input_(std::move(input)), filter_(context, std::get<FilterPlan>(node.body).conjuncts, node.layout) {}

  ColumnBatch* Next() override {
    while (ColumnBatch* batch = input_->Next()) {
      filter_.Apply(*batch);
      if (batch->count() > 0) return batch;
    }
    return nullptr;
  }

 private:
  OperatorPtr input_;
  RowFilter filter_;
};

}  // namespace

OperatorPtr NewFilter(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Filter>(context, node, std::move(input));
}

}  // namespace rem::sql

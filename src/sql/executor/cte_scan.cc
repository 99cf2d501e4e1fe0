#include <algorithm>
#include <numeric>

#include "sql/executor/statement_state.h"

namespace rem::sql {

namespace {

// Reads the shared rows of a CTE, and makes it compute more when they end.
class CteScan : public Operator {
 public:
  CteScan(const ExecContext& context, const PhysicalNode& node)
      : context_(context), plan_(std::get<CteScanPlan>(node.body)) {
    const auto& layout = context.plan->ctes[plan_.cte].root->layout;
    for (const ColumnId id : plan_.columns) places_.push_back(std::ranges::find(layout, id) - layout.begin());
  }

  ColumnBatch* Next() override {
    CteRows& cte = context_.statement->Cte(context_, plan_.cte);
    while (next_ == cte.rows->size()) {
      if (cte.source == nullptr) return nullptr;
      const ColumnBatch* batch = cte.source->Next();
      if (batch == nullptr) {
        cte.source.reset();
        return nullptr;
      }
      for (size_t i = 0; i < batch->count(); ++i) cte.rows->Append(*batch, batch->row(i));
      cte.rows->CheckMemory();
    }
    const size_t count = std::min(context_.batch_rows, cte.rows->size() - next_);
    batch_.selection.resize(count);
    std::iota(batch_.selection.begin(), batch_.selection.end(), static_cast<uint32_t>(next_));
    next_ += count;
    batch_.columns.clear();
    for (const size_t place : places_) batch_.columns.push_back(&cte.rows->column(place));
    batch_.rows = cte.rows->size();
    batch_.filtered = true;
    return &batch_;
  }

 private:
  const ExecContext& context_;
  const CteScanPlan& plan_;
  std::vector<size_t> places_;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewCteScan(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<CteScan>(context, node);
}

}  // namespace rem::sql

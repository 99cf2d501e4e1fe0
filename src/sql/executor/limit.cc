#include <algorithm>

#include "sql/executor/operator.h"

namespace rem::sql {

namespace {

class Limit : public Operator {
 public:
  Limit(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : input_(std::move(input)), values_(EvaluateLimit(context, std::get<LimitPlan>(node.body).limit)) {}

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

 private:
  static void Keep(ColumnBatch& batch, size_t first, size_t count) {
    std::vector<uint32_t> selection(count);
    for (size_t i = 0; i < count; ++i) selection[i] = static_cast<uint32_t>(batch.row(first + i));
    batch.selection = std::move(selection);
    batch.filtered = true;
  }

  OperatorPtr input_;
  LimitValues values_;
};

}  // namespace

OperatorPtr NewLimit(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Limit>(context, node, std::move(input));
}

}  // namespace rem::sql

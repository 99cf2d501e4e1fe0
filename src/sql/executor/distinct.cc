#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/cell_hash.h"
#include "sql/executor/key_table.h"
#include "sql/executor/operator.h"

namespace rem::sql {

namespace {

// Lets the first row of each key through.
class Distinct : public Operator {
 public:
  Distinct(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : input_(std::move(input)), memory_(context, "DISTINCT"), seen_(Types(context, node)) {
    for (const ColumnId id : std::get<DistinctPlan>(node.body).on)
      places_.push_back(std::ranges::find(node.layout, id) - node.layout.begin());
  }

  ColumnBatch* Next() override {
    while (ColumnBatch* batch = input_->Next()) {
      std::vector<const Column*> keys;
      for (const size_t place : places_) keys.push_back(batch->columns[place]);
      HashRows(keys, batch->row_numbers(), batch->count(), hashes_);
      fresh_.clear();
      for (size_t i = 0; i < batch->count(); ++i) {
        const size_t before = seen_.size();
        seen_.FindOrAdd(keys, batch->row(i), hashes_[i]);
        if (seen_.size() > before) fresh_.push_back(static_cast<uint32_t>(batch->row(i)));
      }
      memory_.Set(seen_.memory_bytes());
      if (fresh_.empty()) continue;
      batch->selection.swap(fresh_);
      batch->filtered = true;
      return batch;
    }
    return nullptr;
  }

 private:
  static std::vector<LogicalType> Types(const ExecContext& context, const PhysicalNode& node) {
    std::vector<LogicalType> types;
    for (const ColumnId id : std::get<DistinctPlan>(node.body).on) types.push_back(context.column(id).type);
    return types;
  }

  OperatorPtr input_;
  MemoryUse memory_;
  KeyTable seen_;
  std::vector<size_t> places_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> fresh_;
};

}  // namespace

OperatorPtr NewDistinct(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Distinct>(context, node, std::move(input));
}

}  // namespace rem::sql

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/aggregate_calls.h"
#include "sql/executor/cell_hash.h"

namespace rem::sql {

namespace {

/// States start at multiples of this.
constexpr size_t kStateAlignment = 8;

// Hash aggregation: a table numbers the groups, each of which has a block with the states of all calls.
class Aggregate : public Operator {
 public:
  Aggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : plan_(std::get<AggregatePlan>(node.body)),
        input_(std::move(input)),
        batch_rows_(context.batch_rows),
        memory_limit_(context.memory_limit_bytes),
        groups_(GroupTypes()) {
    const FixedValues fixed = context.fixed();
    for (const ComputedColumn& group : plan_.groups)
      keys_.push_back(Program::Compile(*group.expr, node.input->layout, fixed));
    for (const AggregateCall& call : plan_.calls) {
      calls_.push_back(std::make_unique<RunningAggregate>(context, call, node.input->layout, block_bytes_));
      block_bytes_ += (call.function->state_bytes + kStateAlignment - 1) / kStateAlignment * kStateAlignment;
    }
    for (const ComputedColumn& group : plan_.groups) shown_.push_back(std::make_unique<Column>(group.expr->type));
  }

  ColumnBatch* Next() override {
    if (!done_) Collect();
    if (next_ >= states_.size()) return nullptr;
    const size_t count = std::min(batch_rows_, states_.size() - next_);
    batch_.columns.clear();
    for (size_t k = 0; k < shown_.size(); ++k) {
      shown_[k]->Reset(count);
      for (size_t i = 0; i < count; ++i) shown_[k]->CopyCell(i, groups_.column(k), next_ + i);
      batch_.columns.push_back(shown_[k].get());
    }
    for (auto& call : calls_) batch_.columns.push_back(&call->Finish(states_, next_, count));
    batch_.rows = count;
    batch_.filtered = false;
    next_ += count;
    return &batch_;
  }

 private:
  std::vector<LogicalType> GroupTypes() const {
    std::vector<LogicalType> types;
    for (const ComputedColumn& group : plan_.groups) types.push_back(group.expr->type);
    return types;
  }

  void Collect() {
    done_ = true;
    if (plan_.groups.empty()) AddGroup();
    while (const ColumnBatch* batch = input_->Next()) {
      FindGroups(*batch);
      for (auto& call : calls_) call->Add(*batch, row_groups_, states_, arena_);
      CheckMemory();
    }
    input_.reset();
    for (auto& call : calls_) call->Flush(states_, arena_);
    CheckMemory();
  }

  void FindGroups(const ColumnBatch& batch) {
    row_groups_.assign(batch.count(), 0);
    if (plan_.groups.empty()) return;
    std::vector<const Column*> keys;
    for (Program& key : keys_) keys.push_back(&key.Run(batch.columns, batch.rows, batch.row_numbers(), batch.count()));
    HashRows(keys, batch.row_numbers(), batch.count(), hashes_);
    for (size_t i = 0; i < batch.count(); ++i) {
      row_groups_[i] = groups_.FindOrAdd(keys, batch.row(i), hashes_[i]);
      if (groups_.size() > states_.size()) AddGroup();
    }
  }

  void AddGroup() {
    auto* block = reinterpret_cast<std::byte*>(arena_.AllocateArray<uint64_t>(block_bytes_ / sizeof(uint64_t) + 1));
    std::memset(block, 0, block_bytes_);
    states_.push_back(block);
  }

  void CheckMemory() const {
    size_t bytes = groups_.memory_bytes() + arena_.bytes() + states_.capacity() * sizeof(std::byte*);
    for (const auto& call : calls_) bytes += call->memory_bytes();
    if (bytes <= memory_limit_) return;
    throw Error(
        ErrorCode::kLimitExceeded,
        fmt::format("aggregation needs more memory than the query may use: {} of {} bytes", bytes, memory_limit_),
        "group by fewer values, or raise the memory limit");
  }

  const AggregatePlan& plan_;
  OperatorPtr input_;
  const size_t batch_rows_;
  const size_t memory_limit_;
  KeyTable groups_;
  std::vector<Program> keys_;
  std::vector<std::unique_ptr<RunningAggregate>> calls_;
  size_t block_bytes_ = 0;
  Arena arena_;
  std::vector<std::byte*> states_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> row_groups_;
  std::vector<std::unique_ptr<Column>> shown_;
  bool done_ = false;
  size_t next_ = 0;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Aggregate>(context, node, std::move(input));
}

}  // namespace rem::sql

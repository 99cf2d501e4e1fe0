#include "sql/executor/aggregate_table.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "sql/executor/cell_hash.h"
#include "sql/executor/lanes.h"

namespace rem::sql {

namespace {
/// States start at multiples of this.
constexpr size_t kStateAlignment = 8;
}  // namespace

AggregateTable::AggregateTable(const ExecContext& context, const AggregatePlan& plan, std::span<const ColumnId> layout)
    : plan_(plan), memory_(context, "aggregation"), groups_(GroupTypes(plan)) {
  const FixedValues fixed = context.fixed();
  for (const ComputedColumn& group : plan_.groups) {
    keys_.push_back(Program::Compile(*group.expr, layout, fixed));
    shown_.push_back(std::make_unique<Column>(group.expr->type));
  }
  for (const AggregateCall& call : plan_.calls) {
    calls_.push_back(std::make_unique<RunningAggregate>(context, call, layout, block_bytes_));
    block_bytes_ += (call.function->state_bytes + kStateAlignment - 1) / kStateAlignment * kStateAlignment;
  }
  if (plan_.groups.empty()) AddGroup(0);
}

bool AggregateTable::CanMerge(const AggregatePlan& plan) {
  const auto splits = [](const ExprPtr& expr) { return expr == nullptr || IsForLanes(*expr); };
  return std::ranges::all_of(plan.groups, splits, &ComputedColumn::expr) &&
         std::ranges::all_of(plan.calls, [&](const AggregateCall& call) {
           return call.function->merge != nullptr && !call.function->ordered && !call.distinct && call.order.empty() &&
                  splits(call.filter) && std::ranges::all_of(call.arguments, splits);
         });
}

std::vector<LogicalType> AggregateTable::GroupTypes(const AggregatePlan& plan) {
  std::vector<LogicalType> types;
  for (const ComputedColumn& group : plan.groups) types.push_back(group.expr->type);
  return types;
}

void AggregateTable::Add(const ColumnBatch& batch, uint64_t order) {
  FindGroups(batch, order);
  for (auto& call : calls_) call->Add(batch, row_groups_, states_, arena_);
  CheckMemory();
}

void AggregateTable::FindGroups(const ColumnBatch& batch, uint64_t order) {
  row_groups_.assign(batch.count(), 0);
  if (plan_.groups.empty()) return;
  std::vector<const Column*> keys;
  for (Program& key : keys_) keys.push_back(&key.Run(batch.columns, batch.rows, batch.row_numbers(), batch.count()));
  if (keys.size() == 1 && keys[0]->codes() != nullptr) return FindGroupsByCodes(keys, batch, order);
  HashRows(keys, batch.row_numbers(), batch.count(), hashes_);
  for (size_t i = 0; i < batch.count(); ++i) {
    row_groups_[i] = groups_.FindOrAdd(keys, batch.row(i), hashes_[i]);
    if (groups_.size() > states_.size()) AddGroup(order + i);
  }
}

void AggregateTable::FindGroupsByCodes(std::span<const Column* const> keys, const ColumnBatch& batch, uint64_t order) {
  const CellCodes& codes = *keys[0]->codes();
  if (dictionary_ != codes.dictionary) code_groups_.clear();
  dictionary_ = codes.dictionary;
  if (code_groups_.size() < codes.limit) code_groups_.resize(codes.limit, KeyTable::kNone);
  for (size_t i = 0; i < batch.count(); ++i) {
    const size_t row = batch.row(i);
    uint32_t& group = code_groups_[codes.codes[row]];
    if (group == KeyTable::kNone) {
      group = groups_.FindOrAdd(keys, row, HashCell(*keys[0], row, 0));
      if (groups_.size() > states_.size()) AddGroup(order + i);
    }
    row_groups_[i] = group;
  }
}

void AggregateTable::AddGroup(uint64_t order) {
  auto* block = reinterpret_cast<std::byte*>(arena_.AllocateArray<uint64_t>(block_bytes_ / sizeof(uint64_t) + 1));
  std::memset(block, 0, block_bytes_);
  states_.push_back(block);
  first_seen_.push_back(order);
}

void AggregateTable::Merge(const AggregateTable& other) {
  std::vector<uint32_t> into(other.states_.size(), 0);
  if (!plan_.groups.empty()) {
    std::vector<const Column*> keys;
    for (size_t k = 0; k < plan_.groups.size(); ++k) keys.push_back(&other.groups_.column(k));
    HashRows(keys, nullptr, other.states_.size(), hashes_);
    for (size_t i = 0; i < into.size(); ++i) {
      into[i] = groups_.FindOrAdd(keys, i, hashes_[i]);
      if (groups_.size() > states_.size()) AddGroup(other.first_seen_[i]);
      first_seen_[into[i]] = std::min(first_seen_[into[i]], other.first_seen_[i]);
    }
  }
  for (auto& call : calls_) call->Merge(states_, into, other.states_, arena_);
  CheckMemory();
}

void AggregateTable::Finish() {
  for (auto& call : calls_) call->Flush(states_, arena_);
  CheckMemory();
  order_.resize(states_.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::ranges::stable_sort(order_, {}, [&](uint32_t group) { return first_seen_[group]; });
  for (const uint32_t group : order_) ordered_states_.push_back(states_[group]);
}

void AggregateTable::Show(size_t first, size_t count, ColumnBatch& batch) {
  batch.columns.clear();
  for (size_t k = 0; k < shown_.size(); ++k) {
    shown_[k]->Reset(count);
    for (size_t i = 0; i < count; ++i) shown_[k]->CopyCell(i, groups_.column(k), order_[first + i]);
    batch.columns.push_back(shown_[k].get());
  }
  for (auto& call : calls_) batch.columns.push_back(&call->Finish(ordered_states_, first, count));
  batch.rows = count;
  batch.filtered = false;
}

void AggregateTable::CheckMemory() {
  size_t bytes = code_groups_.capacity() * sizeof(uint32_t) + groups_.memory_bytes() + arena_.bytes() +
                 states_.capacity() * (sizeof(std::byte*) + sizeof(uint64_t));
  for (const auto& call : calls_) bytes += call->memory_bytes();
  memory_.Set(bytes);
}

}  // namespace rem::sql

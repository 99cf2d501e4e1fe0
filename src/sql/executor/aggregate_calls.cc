#include "sql/executor/aggregate_calls.h"

#include <algorithm>
#include <numeric>

#include <rem/error.h>

#include "sql/executor/cell_hash.h"

namespace rem::sql {

RunningAggregate::RunningAggregate(const ExecContext& context, const AggregateCall& call,
                                   std::span<const ColumnId> layout, size_t state_offset)
    : call_(call), state_offset_(state_offset), result_(context.column(call.output).type) {
  const FixedValues fixed = context.fixed();
  for (const ExprPtr& argument : call.arguments) arguments_.push_back(Program::Compile(*argument, layout, fixed));
  for (const AggregateSortKey& key : call.order) order_.push_back(Program::Compile(*key.expr, layout, fixed));
  if (call.filter != nullptr) filter_.emplace(context, std::vector<ExprPtr>{call.filter}, layout);
  if (call.distinct) {
    std::vector<LogicalType> types{LogicalType::kInt};
    for (const ExprPtr& argument : call.arguments) types.push_back(argument->type);
    seen_.emplace(std::move(types));
  }
  if (!call.order.empty()) {
    for (const ExprPtr& argument : call.arguments) kept_.push_back(std::make_unique<Column>(argument->type));
    for (const AggregateSortKey& key : call.order) kept_.push_back(std::make_unique<Column>(key.expr->type));
  }
}

// The rows that FILTER leaves, each with its group.
void RunningAggregate::Select(const ColumnBatch& batch, std::span<const uint32_t> groups) {
  rows_.resize(batch.count());
  row_groups_.assign(groups.begin(), groups.end());
  for (size_t i = 0; i < rows_.size(); ++i) rows_[i] = static_cast<uint32_t>(batch.row(i));
  if (!filter_) return;
  std::vector<uint32_t> left = rows_;
  filter_->Apply(batch.columns, batch.rows, left);
  size_t kept = 0;
  for (size_t i = 0; i < rows_.size() && kept < left.size(); ++i) {
    if (rows_[i] == left[kept]) row_groups_[kept++] = row_groups_[i];
  }
  rows_ = std::move(left);
  row_groups_.resize(rows_.size());
}

void RunningAggregate::Add(const ColumnBatch& batch, std::span<const uint32_t> groups,
                           std::span<std::byte* const> states, Arena& arena) {
  if (!filter_ && !seen_ && call_.order.empty()) {
    // Mostly every row counts, and is given to the function as it came.
    in_.clear();
    for (Program& argument : arguments_)
      in_.push_back(&argument.Run(batch.columns, batch.rows, batch.row_numbers(), batch.count()));
    const auto has_nulls = [](const Column* column) { return column->has_nulls(); };
    if (!call_.function->strict || std::ranges::none_of(in_, has_nulls))
      return Update(in_, batch.row_numbers(), groups, states, arena);
  }
  Select(batch, groups);
  if (rows_.empty()) return;
  std::vector<const Column*> in;
  for (Program& argument : arguments_)
    in.push_back(&argument.Run(batch.columns, batch.rows, rows_.data(), rows_.size()));
  const auto keep = [&](auto&& test) {
    size_t kept = 0;
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (!test(i)) continue;
      rows_[kept] = rows_[i];
      row_groups_[kept++] = row_groups_[i];
    }
    rows_.resize(kept);
    row_groups_.resize(kept);
  };
  if (call_.function->strict && std::ranges::any_of(in, [](const Column* column) { return column->has_nulls(); }))
    keep([&](size_t i) { return std::ranges::none_of(in, [&](const Column* c) { return c->IsNull(rows_[i]); }); });
  if (seen_) {
    group_cells_.Reset(batch.rows);
    for (size_t i = 0; i < rows_.size(); ++i) group_cells_.data<int64_t>()[rows_[i]] = row_groups_[i];
    std::vector<const Column*> key{&group_cells_};
    key.insert(key.end(), in.begin(), in.end());
    HashRows(key, rows_.data(), rows_.size(), hashes_);
    keep([&](size_t i) {
      const size_t before = seen_->size();
      seen_->FindOrAdd(key, rows_[i], hashes_[i]);
      return seen_->size() > before;
    });
  }
  if (rows_.empty()) return;
  if (!call_.order.empty()) return KeepBack(batch, in);
  Update(in, rows_.data(), row_groups_, states, arena);
}

void RunningAggregate::Update(std::span<const Column* const> in, const uint32_t* rows, std::span<const uint32_t> groups,
                              std::span<std::byte* const> states, Arena& arena) {
  row_states_.resize(groups.size());
  for (size_t i = 0; i < groups.size(); ++i) row_states_[i] = states[groups[i]] + state_offset_;
  KernelFailure failure;
  AggregateUpdate update{in, rows, groups.size(), row_states_.data(), &arena, &failure};
  call_.function->update(update);
  if (failure.failed) Throw(failure);
}

void RunningAggregate::KeepBack(const ColumnBatch& batch, std::span<const Column* const> in) {
  std::vector<const Column*> columns(in.begin(), in.end());
  for (Program& key : order_) columns.push_back(&key.Run(batch.columns, batch.rows, rows_.data(), rows_.size()));
  const size_t first = kept_groups_.size();
  for (size_t c = 0; c < kept_.size(); ++c) {
    kept_[c]->Grow(first + rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) kept_[c]->CopyCellDeep(first + i, *columns[c], rows_[i]);
  }
  kept_groups_.insert(kept_groups_.end(), row_groups_.begin(), row_groups_.end());
}

void RunningAggregate::Merge(std::span<std::byte* const> states, std::span<const uint32_t> into,
                             std::span<std::byte* const> other, Arena& arena) {
  KernelFailure failure;
  for (size_t i = 0; i < into.size(); ++i)
    call_.function->merge(states[into[i]] + state_offset_, other[i] + state_offset_, arena, failure);
  if (failure.failed) Throw(failure);
}

void RunningAggregate::Flush(std::span<std::byte* const> states, Arena& arena) {
  if (kept_groups_.empty()) return;
  rows_.resize(kept_groups_.size());
  std::iota(rows_.begin(), rows_.end(), 0);
  const size_t first_key = call_.arguments.size();
  std::ranges::stable_sort(rows_, [&](uint32_t a, uint32_t b) {
    for (size_t k = 0; k < call_.order.size(); ++k) {
      const Column& cells = *kept_[first_key + k];
      const bool a_null = cells.IsNull(a), b_null = cells.IsNull(b);
      if (a_null != b_null) return a_null == call_.order[k].nulls_first;
      if (a_null) continue;
      const int order = CompareCells(cells, a, cells, b);
      if (order != 0) return call_.order[k].descending ? order > 0 : order < 0;
    }
    return false;
  });
  row_groups_.clear();
  for (const uint32_t row : rows_) row_groups_.push_back(kept_groups_[row]);
  std::vector<const Column*> in;
  for (size_t i = 0; i < first_key; ++i) in.push_back(kept_[i].get());
  Update(in, rows_.data(), row_groups_, states, arena);
}

const Column& RunningAggregate::Finish(std::span<std::byte* const> states, size_t first, size_t count) {
  result_.Reset(count);
  KernelFailure failure;
  for (size_t i = 0; i < count; ++i) call_.function->finish(states[first + i] + state_offset_, result_, i, failure);
  if (failure.failed) Throw(failure);
  return result_;
}

void RunningAggregate::Throw(const KernelFailure& failure) const {
  throw failure.ToError().WithPosition(call_.position);
}

size_t RunningAggregate::memory_bytes() const {
  size_t bytes = seen_ ? seen_->memory_bytes() : 0;
  for (const auto& column : kept_) bytes += column->memory_bytes();
  return bytes + kept_groups_.capacity() * sizeof(uint32_t);
}

}  // namespace rem::sql

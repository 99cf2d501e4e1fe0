#include "sql/executor/top_rows.h"

#include <algorithm>
#include <numeric>

namespace rem::sql {

namespace {
/// Rows are collected until there are this many more than wanted, then the worst are dropped.
constexpr size_t kSlack = 1024;
}  // namespace

TopRows::TopRows(const ExecContext& context, std::span<const ColumnId> layout, const std::vector<SortKey>& keys,
                 size_t wanted)
    : wanted_(wanted), store_(context, layout, "ORDER BY with LIMIT"), order_(keys, layout) {}

std::span<const Column* const> TopRows::Columns() {
  if (all_.columns.empty()) store_.Show({}, all_);
  return all_.columns;
}

void TopRows::Append(const ColumnBatch& batch, size_t row, uint64_t order) {
  store_.Append(batch, row);
  seen_.push_back(order);
  if (store_.size() < wanted_ * 2 + kSlack) return;
  Shrink();
  full_ = true;
}

void TopRows::Add(const ColumnBatch& batch, uint64_t order) {
  for (size_t i = 0; i < batch.count(); ++i) {
    const size_t row = batch.row(i);
    if (full_ && order_.Compare(batch.columns, row, Columns(), wanted_ - 1) >= 0) continue;
    Append(batch, row, order + i);
  }
  store_.CheckMemory(seen_.capacity() * sizeof(uint64_t));
}

void TopRows::Merge(TopRows& other) {
  other.Columns();
  for (size_t i = 0; i < other.store_.size(); ++i) Append(other.all_, i, other.seen_[i]);
  store_.CheckMemory(seen_.capacity() * sizeof(uint64_t));
}

// Sorts what is kept, and drops what is too much.
void TopRows::Shrink() {
  const auto columns = Columns();
  std::vector<uint32_t> rows(store_.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::ranges::sort(rows, [&](uint32_t a, uint32_t b) {
    const int order = order_.Compare(columns, a, columns, b);
    return order != 0 ? order < 0 : seen_[a] < seen_[b];
  });
  rows.resize(std::min(rows.size(), wanted_));
  store_.Keep(rows);
  std::vector<uint64_t> seen;
  seen.reserve(rows.size());
  for (const uint32_t row : rows) seen.push_back(seen_[row]);
  seen_ = std::move(seen);
  all_.columns.clear();
}

}  // namespace rem::sql

#include "sql/executor/sort_run.h"

#include <algorithm>

#include "sql/executor/parallel_run.h"

namespace rem::sql {

namespace {

constexpr uint64_t kComparisonsBetweenChecks = 1 << 16;

}  // namespace

SortRun::SortRun(const ExecContext& context, std::span<const ColumnId> layout, const std::vector<SortKey>& keys,
                 const char* what)
    : context_(context),
      keys_(keys),
      layout_(layout.begin(), layout.end()),
      store_(context, layout, what),
      order_(keys, layout),
      rest_({}, layout) {}

void SortRun::Add(const ColumnBatch& batch, uint64_t order) {
  const auto first = static_cast<uint32_t>(store_.size());
  if (batch.count() == 0) return;
  orders_.push_back({first, order});
  store_.Append(batch);
  store_.CheckMemory(orders_.capacity() * sizeof(Order) + store_.size() * sizeof(Entry));
}

uint64_t SortRun::OrderOf(uint32_t row) const {
  const auto after = std::ranges::upper_bound(orders_, row, {}, &Order::row);
  const Order& batch = *(after - 1);
  return batch.order + (row - batch.row);
}

bool SortRun::Less(const Entry& a, const Entry& b) const {
  if (a.code[0] != b.code[0]) return a.code[0] < b.code[0];
  if (a.code[1] != b.code[1]) return a.code[1] < b.code[1];
  const int order = rest_.Compare(columns_, a.row, columns_, b.row);
  return order != 0 ? order < 0 : a.row < b.row;
}

void SortRun::SortEntries(size_t begin, size_t end) {
  uint64_t compared = 0;
  std::sort(entries_.begin() + static_cast<ptrdiff_t>(begin), entries_.begin() + static_cast<ptrdiff_t>(end),
            [&](const Entry& a, const Entry& b) {
              if (++compared % kComparisonsBetweenChecks == 0) context_.CheckEnd();
              return Less(a, b);
            });
}

void SortRun::Sort() {
  const size_t rows = store_.size();
  ColumnBatch all;
  store_.Show({}, all);
  columns_ = all.columns;
  std::vector<const Column*> key_columns;
  for (const SortKey& key : keys_)
    key_columns.push_back(columns_[static_cast<size_t>(std::ranges::find(layout_, key.column) - layout_.begin())]);
  const SortCode code(key_columns, keys_, rows);
  rest_ = RowOrder({keys_.begin() + static_cast<ptrdiff_t>(code.exact_keys()), keys_.end()}, layout_);
  entries_.resize(rows);
  const size_t threads = ThreadsFor(context_, rows);
  const auto bound = [&](size_t part, size_t parts) { return rows * part / parts; };
  RunItems(context_, threads, threads, [&](size_t part) {
    const size_t begin = bound(part, threads), end = bound(part + 1, threads);
    for (size_t i = begin; i < end; ++i) entries_[i] = {code.Of(i), static_cast<uint32_t>(i)};
    if (!keys_.empty()) SortEntries(begin, end);
  });
  if (keys_.empty()) return;
  const auto at = [&](size_t place) { return entries_.begin() + static_cast<ptrdiff_t>(place); };
  for (size_t width = 1; width < threads; width *= 2) {
    RunItems(context_, threads, (threads + 2 * width - 1) / (2 * width), [&](size_t pair) {
      const size_t first = pair * 2 * width;
      if (first + width >= threads) return;
      context_.CheckEnd();
      std::inplace_merge(at(bound(first, threads)), at(bound(first + width, threads)),
                         at(bound(std::min(first + 2 * width, threads), threads)),
                         [this](const Entry& a, const Entry& b) { return Less(a, b); });
    });
  }
}

std::vector<uint32_t> SortRun::TakeOrder() {
  std::vector<uint32_t> rows(entries_.size());
  std::ranges::transform(entries_, rows.begin(), &Entry::row);
  entries_ = {};
  return rows;
}

// Not by the codes, which are those of other columns.
bool SortRun::Before(size_t a, const SortRun& other, size_t b) const {
  const uint32_t x = entries_[a].row, y = other.entries_[b].row;
  const int order = order_.Compare(columns_, x, other.columns_, y);
  return order != 0 ? order < 0 : OrderOf(x) < other.OrderOf(y);
}

SortedRuns::SortedRuns(std::vector<std::unique_ptr<SortRun>> runs) : runs_(std::move(runs)) {
  std::erase_if(runs_, [](const auto& run) { return run->size() == 0; });
  if (runs_.size() == 1) rows_ = runs_[0]->TakeOrder();
  if (runs_.size() < 2) return;
  for (const auto& run : runs_) heads_.push_back({run.get(), 0});
  std::ranges::make_heap(heads_, Later);
}

bool SortedRuns::Show(size_t count, ColumnBatch& batch) {
  if (runs_.size() == 1) {
    const size_t shown = std::min(count, rows_.size() - next_);
    if (shown == 0) return false;
    runs_[0]->rows().Show(std::span(rows_).subspan(next_, shown), batch);
    next_ += shown;
    return true;
  }
  chosen_.clear();
  while (chosen_.size() < count && !heads_.empty()) {
    std::ranges::pop_heap(heads_, Later);
    Head& head = heads_.back();
    chosen_.push_back(head);
    if (++head.place == head.run->size()) {
      heads_.pop_back();
    } else {
      std::ranges::push_heap(heads_, Later);
    }
  }
  if (chosen_.empty()) return false;
  Gather(chosen_.size(), batch);
  return true;
}

void SortedRuns::Gather(size_t count, ColumnBatch& batch) {
  const size_t columns = runs_[0]->rows().columns();
  batch.columns.clear();
  for (size_t c = 0; c < columns; ++c) {
    if (shown_.size() == c) shown_.push_back(std::make_unique<Column>(runs_[0]->rows().column(c).type()));
    Column& column = *shown_[c];
    column.Reset(count);
    for (size_t i = 0; i < count; ++i)
      column.CopyCell(i, chosen_[i].run->rows().column(c), chosen_[i].run->row(chosen_[i].place));
    batch.columns.push_back(&column);
  }
  batch.rows = count;
  batch.filtered = false;
}

}  // namespace rem::sql

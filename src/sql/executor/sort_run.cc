#include "sql/executor/sort_run.h"

#include <algorithm>

#include "sql/executor/parallel_run.h"

namespace rem::sql {

namespace {

constexpr uint64_t kComparisonsBetweenChecks = 1 << 16;

std::vector<SortCode::Rows> KeyColumns(const std::vector<std::unique_ptr<SortRun>>& runs,
                                       std::span<const ColumnId> layout, std::span<const SortKey> keys) {
  std::vector<SortCode::Rows> all;
  for (const auto& run : runs) {
    SortCode::Rows& rows = all.emplace_back();
    rows.count = run->size();
    for (const SortKey& key : keys) {
      const auto place = static_cast<size_t>(std::ranges::find(layout, key.column) - layout.begin());
      rows.columns.push_back(&run->rows().column(place));
    }
  }
  return all;
}

}  // namespace

void SortRun::Add(const ColumnBatch& batch, uint64_t order) {
  if (batch.count() == 0) return;
  orders_.push_back({static_cast<uint32_t>(store_.size()), order});
  store_.Append(batch);
  store_.CheckMemory(orders_.capacity() * sizeof(Order) + store_.size() * SortedRows::kBytesPerRow);
}

uint64_t SortRun::OrderOf(uint32_t row) const {
  const auto after = std::ranges::upper_bound(orders_, row, {}, &Order::row);
  const Order& batch = *(after - 1);
  return batch.order + (row - batch.row);
}

SortedRows::SortedRows(const ExecContext& context, std::span<const ColumnId> layout, const std::vector<SortKey>& keys,
                       std::vector<std::unique_ptr<SortRun>> runs)
    : context_(context), runs_(std::move(runs)), rest_({}, layout) {
  size_t rows = 0;
  for (const auto& run : runs_) {
    ColumnBatch all;
    run->rows().Show({}, all);
    columns_.push_back(all.columns);
    begins_.push_back(rows);
    rows += run->size();
  }
  entries_.resize(rows);
  const SortCode code(KeyColumns(runs_, layout, keys), keys);
  rest_ = RowOrder({keys.begin() + static_cast<ptrdiff_t>(code.exact_keys()), keys.end()}, layout);
  const size_t threads = ThreadsFor(context_, rows);
  const auto bound = [&](size_t part) { return entries_.begin() + static_cast<ptrdiff_t>(rows * part / threads); };
  RunItems(context_, threads, threads, [&](size_t part) {
    FillEntries(code, rows * part / threads, rows * (part + 1) / threads);
    SortEntries(rows * part / threads, rows * (part + 1) / threads);
  });
  // Sorted parts become one, two by two.
  for (size_t width = 1; width < threads; width *= 2) {
    RunItems(context_, threads, (threads + 2 * width - 1) / (2 * width), [&](size_t pair) {
      const size_t first = pair * 2 * width;
      if (first + width >= threads) return;
      context_.CheckEnd();
      std::inplace_merge(bound(first), bound(first + width), bound(std::min(first + 2 * width, threads)),
                         [this](const Entry& a, const Entry& b) { return Less(a, b); });
    });
  }
}

void SortedRows::FillEntries(const SortCode& code, size_t begin, size_t end) {
  for (size_t run = 0; run < runs_.size(); ++run) {
    const size_t from = std::max(begin, begins_[run]), to = std::min(end, begins_[run] + runs_[run]->size());
    for (size_t i = from; i < to; ++i) {
      const size_t row = i - begins_[run];
      entries_[i] = {code.Of(run, row), static_cast<uint32_t>(run), static_cast<uint32_t>(row)};
    }
  }
}

bool SortedRows::Less(const Entry& a, const Entry& b) const {
  if (a.code[0] != b.code[0]) return a.code[0] < b.code[0];
  if (a.code[1] != b.code[1]) return a.code[1] < b.code[1];
  const int order = rest_.Compare(columns_[a.run], a.row, columns_[b.run], b.row);
  if (order != 0) return order < 0;
  return a.run == b.run ? a.row < b.row : runs_[a.run]->OrderOf(a.row) < runs_[b.run]->OrderOf(b.row);
}

void SortedRows::SortEntries(size_t begin, size_t end) {
  uint64_t compared = 0;
  std::sort(entries_.begin() + static_cast<ptrdiff_t>(begin), entries_.begin() + static_cast<ptrdiff_t>(end),
            [&](const Entry& a, const Entry& b) {
              if (++compared % kComparisonsBetweenChecks == 0) context_.CheckEnd();
              return Less(a, b);
            });
}

std::vector<uint32_t> SortedRows::TakeOrder() {
  std::vector<uint32_t> rows(entries_.size());
  std::ranges::transform(entries_, rows.begin(), &Entry::row);
  entries_ = {};
  return rows;
}

bool SortedRows::Show(size_t count, ColumnBatch& batch) {
  const size_t shown = std::min(count, entries_.size() - next_);
  if (shown == 0) return false;
  const auto entries = std::span<const Entry>(entries_).subspan(next_, shown);
  next_ += shown;
  if (runs_.size() == 1) {
    runs_[0]->rows().Show({}, batch);
    batch.selection.resize(shown);
    std::ranges::transform(entries, batch.selection.begin(), &Entry::row);
  } else {
    Gather(entries, batch);
  }
  return true;
}

void SortedRows::Gather(std::span<const Entry> entries, ColumnBatch& batch) {
  batch.columns.clear();
  for (size_t c = 0; c < columns_[0].size(); ++c) {
    if (shown_.size() == c) shown_.push_back(std::make_unique<Column>(columns_[0][c]->type()));
    Column& column = *shown_[c];
    column.Reset(entries.size());
    for (size_t i = 0; i < entries.size(); ++i) column.CopyCell(i, *columns_[entries[i].run][c], entries[i].row);
    batch.columns.push_back(&column);
  }
  batch.rows = entries.size();
  batch.filtered = false;
}

}  // namespace rem::sql

#include "sql/executor/sort_run.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "sql/executor/parallel_run.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

constexpr uint64_t kComparisonsBetweenChecks = 1 << 16;

uint64_t OfInt(int64_t value) {
  return static_cast<uint64_t>(value) ^ uint64_t { 1 } << 63;
}

uint64_t OfDouble(double value) {
  if (std::isnan(value)) return UINT64_MAX;
  if (value == 0) value = 0;  // -0.0
  const auto bits = std::bit_cast<uint64_t>(value);
  return bits >> 63 != 0 ? ~bits : bits | uint64_t{1} << 63;
}

uint64_t OfBytes(std::string_view bytes) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < sizeof(prefix); ++i)
    prefix = prefix << 8 | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0);
  return prefix;
}

// Rounding to a double keeps the order of what it does not make equal.
uint64_t OfNumeric(std::string_view text) {
  if (text == "NaN") return UINT64_MAX;
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  double value = std::numeric_limits<double>::infinity();
  if (digits != "Infinity") {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) {
      value = digits.starts_with("0.") ? 0 : std::numeric_limits<double>::infinity();
    }
  }
  return OfDouble(negative ? -value : value);
}

// The lowest bits of a span say less than what 64 bits hold.
uint64_t OfInterval(const Interval& interval) { return OfInt(static_cast<int64_t>(IntervalSpan(interval) >> 12)); }

std::vector<SortKey> BehindFirst(const std::vector<SortKey>& keys) {
  return keys.empty() ? keys : std::vector<SortKey>(keys.begin() + 1, keys.end());
}

}  // namespace

SortPrefix::SortPrefix(const Column& column, const SortKey& key)
    : column_(column), descending_(key.descending), nulls_first_(key.nulls_first) {
  const CellKind kind = CellKindOf(column.type());
  exact_ = !column.has_nulls() && (kind == CellKind::kByte || kind == CellKind::kInt64 || kind == CellKind::kDouble);
}

uint64_t SortPrefix::Of(size_t row) const {
  if (column_.IsNull(row)) return nulls_first_ ? 0 : UINT64_MAX;
  row &= column_.row_mask();
  uint64_t prefix = 0;
  switch (CellKindOf(column_.type())) {
    case CellKind::kByte:
      prefix = column_.data<uint8_t>()[row];
      break;
    case CellKind::kInt64:
      prefix = OfInt(column_.data<int64_t>()[row]);
      break;
    case CellKind::kDouble:
      prefix = OfDouble(column_.data<double>()[row]);
      break;
    case CellKind::kText:
      if (IsArray(column_.type())) return 1;
      prefix = column_.type() == LogicalType::kNumeric ? OfNumeric(column_.data<std::string_view>()[row])
                                                       : OfBytes(column_.data<std::string_view>()[row]);
      break;
    case CellKind::kUuid:
      prefix = OfBytes(column_.data<Uuid>()[row].AsBytes());
      break;
    case CellKind::kInterval:
      prefix = OfInterval(column_.data<Interval>()[row]);
      break;
    case CellKind::kJson:
    case CellKind::kVector:
      return 1;
  }
  return descending_ ? ~prefix : prefix;
}

SortRun::SortRun(const ExecContext& context, std::span<const ColumnId> layout, const std::vector<SortKey>& keys,
                 const char* what)
    : context_(context),
      keys_(keys),
      first_key_(keys.empty() ? 0 : static_cast<size_t>(std::ranges::find(layout, keys[0].column) - layout.begin())),
      store_(context, layout, what),
      order_(keys, layout),
      rest_(BehindFirst(keys), layout) {}

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
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  const int order = (exact_ ? rest_ : order_).Compare(columns_, a.row, columns_, b.row);
  return order != 0 ? order < 0 : a.row < b.row;
}

void SortRun::MakeEntries(size_t begin, size_t end, const SortPrefix* prefix) {
  for (size_t i = begin; i < end; ++i) entries_[i] = {prefix == nullptr ? 0 : prefix->Of(i), static_cast<uint32_t>(i)};
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
  std::optional<SortPrefix> prefix;
  if (!keys_.empty()) prefix.emplace(*columns_[first_key_], keys_[0]);
  exact_ = prefix && prefix->exact();
  entries_.resize(rows);
  const size_t threads = ThreadsFor(context_, rows);
  const auto bound = [&](size_t part, size_t parts) { return rows * part / parts; };
  RunItems(context_, threads, threads, [&](size_t part) {
    const size_t begin = bound(part, threads), end = bound(part + 1, threads);
    MakeEntries(begin, end, prefix ? &*prefix : nullptr);
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

bool SortRun::Before(size_t a, const SortRun& other, size_t b) const {
  const Entry& x = entries_[a];
  const Entry& y = other.entries_[b];
  if (x.prefix != y.prefix) return x.prefix < y.prefix;
  // Both must be exact: one run may have NULLs where the other has none.
  const int order = (exact_ && other.exact_ ? rest_ : order_).Compare(columns_, x.row, other.columns_, y.row);
  return order != 0 ? order < 0 : OrderOf(x.row) < other.OrderOf(y.row);
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

#include "sql/executor/row_store.h"

#include <algorithm>
#include <span>

namespace rem::sql {

namespace {

// As CopyCellDeep for cells `at` and on, each of which `copy` makes of one that is no NULL.
template <typename T, typename Copy>
void CopyCellsOf(Column& to, size_t at, const Column& from, const uint32_t* rows, size_t count, const Copy& copy) {
  T* out = to.data<T>() + at;
  const T* in = from.data<T>();
  const size_t mask = from.row_mask();
  const bool nulls = from.has_nulls();
  for (size_t i = 0; i < count; ++i) {
    const size_t row = rows == nullptr ? i : rows[i];
    if (nulls && from.IsNull(row)) {
      to.SetNull(at + i);
    } else {
      out[i] = copy(in[row & mask]);
    }
  }
}

}  // namespace

void AppendCells(Column& to, size_t at, const Column& from, const uint32_t* rows, size_t count) {
  const auto copy = [&]<typename T>(const auto& cell) { CopyCellsOf<T>(to, at, from, rows, count, cell); };
  const auto same = [](const auto& cell) { return cell; };
  Arena& arena = to.arena();
  switch (CellKindOf(to.type())) {
    case CellKind::kByte:
      return copy.operator()<uint8_t>(same);
    case CellKind::kInt64:
    case CellKind::kDouble:
      return copy.operator()<int64_t>(same);
    case CellKind::kText:
      return copy.operator()<std::string_view>([&](std::string_view cell) { return arena.Copy(cell); });
    case CellKind::kUuid:
      return copy.operator()<Uuid>(same);
    case CellKind::kJson:
      return copy.operator()<DocumentView>(
          [&](const DocumentView& cell) { return DocumentView(arena.Copy(cell.bytes()), cell.keys()); });
    case CellKind::kVector:
      return copy.operator()<std::span<const float>>([&](std::span<const float> cell) {
        float* own = arena.AllocateArray<float>(cell.size());
        std::ranges::copy(cell, own);
        return std::span<const float>(own, cell.size());
      });
    case CellKind::kInterval:
      return copy.operator()<Interval>(same);
  }
}

RowStore::RowStore(const ExecContext& context, std::span<const ColumnId> layout, const char* what)
    : memory_(context, what) {
  for (const ColumnId id : layout) types_.push_back(context.column(id).type);
  Clear();
}

void RowStore::Clear() {
  columns_.clear();
  for (const LogicalType type : types_) columns_.push_back(std::make_unique<Column>(type));
  size_ = 0;
}

void RowStore::Append(const ColumnBatch& batch, size_t row) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i]->Grow(size_ + 1);
    columns_[i]->CopyCellDeep(size_, *batch.columns[i], row);
  }
  ++size_;
}

void RowStore::Append(const ColumnBatch& batch) {
  const size_t count = batch.count();
  for (size_t c = 0; c < columns_.size(); ++c) {
    Column& column = *columns_[c];
    column.Grow(size_ + count);
    AppendCells(column, size_, *batch.columns[c], batch.row_numbers(), count);
  }
  size_ += count;
}

void RowStore::Keep(std::span<const uint32_t> rows) {
  for (auto& column : columns_) {
    auto kept = std::make_unique<Column>(column->type());
    kept->Grow(rows.size() * 2);
    for (size_t i = 0; i < rows.size(); ++i) kept->CopyCellDeep(i, *column, rows[i]);
    column = std::move(kept);
  }
  size_ = rows.size();
}

size_t RowStore::memory_bytes() const {
  size_t bytes = 0;
  for (const auto& column : columns_) bytes += column->memory_bytes();
  return bytes;
}

void RowStore::Show(std::span<const uint32_t> order, ColumnBatch& batch) const {
  batch.columns.clear();
  for (const auto& column : columns_) batch.columns.push_back(column.get());
  batch.rows = size_;
  batch.filtered = true;
  batch.selection.assign(order.begin(), order.end());
}

RowOrder::RowOrder(const std::vector<SortKey>& keys, std::span<const ColumnId> layout) {
  for (const SortKey& key : keys) {
    keys_.push_back(
        {static_cast<size_t>(std::ranges::find(layout, key.column) - layout.begin()), key.descending, key.nulls_first});
  }
}

int RowOrder::Compare(std::span<const Column* const> left, size_t a, std::span<const Column* const> right,
                      size_t b) const {
  for (const Key& key : keys_) {
    const Column& x = *left[key.column];
    const Column& y = *right[key.column];
    const bool x_null = x.IsNull(a), y_null = y.IsNull(b);
    if (x_null || y_null) {
      if (x_null == y_null) continue;
      return x_null == key.nulls_first ? -1 : 1;
    }
    const int order = CompareCells(x, a, y, b);
    if (order != 0) return key.descending ? (order < 0 ? 1 : -1) : order;
  }
  return 0;
}

}  // namespace rem::sql

#include "store/column_block.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rem {

namespace {

template <typename T>
void CopyCells(Column& to, size_t first, const Column& from, size_t count) {
  std::copy_n(from.data<T>(), count, to.data<T>() + first);
}

// Cells that are views of bytes, into one piece of memory of just their size.
template <typename T, typename BytesOf, typename CellOf>
void CopyViews(Column& to, size_t first, const Column& from, size_t count, BytesOf bytes_of, CellOf cell_of) {
  const T* cells = from.data<T>();
  size_t bytes = 0;
  for (size_t row = 0; row < count; ++row) bytes += from.IsNull(row) ? 0 : bytes_of(cells[row]).size();
  char* at = to.arena().Allocate(bytes);
  for (size_t row = 0; row < count; ++row) {
    if (from.IsNull(row)) continue;
    const std::string_view cell = bytes_of(cells[row]);
    std::copy_n(cell.data(), cell.size(), at);
    to.data<T>()[first + row] = cell_of({at, cell.size()}, cells[row]);
    at += cell.size();
  }
}

// The first cells of a column, and the bytes that they point to, to cells that were not written since `to` was reset.
void CopyDeep(Column& to, size_t first, const Column& from, size_t count) {
  if (from.constant() || CellKindOf(to.type()) == CellKind::kVector) {
    for (size_t row = 0; row < count; ++row) to.CopyCellDeep(first + row, from, row);
    return;
  }
  if (from.has_nulls()) {
    for (size_t row = 0; row < count; ++row) {
      if (from.IsNull(row)) to.SetNull(first + row);
    }
  }
  // The cells of NULLs hold anything, which is copied too where it is not a view.
  switch (CellKindOf(to.type())) {
    case CellKind::kByte:
      return CopyCells<uint8_t>(to, first, from, count);
    case CellKind::kInt64:
      return CopyCells<int64_t>(to, first, from, count);
    case CellKind::kDouble:
      return CopyCells<double>(to, first, from, count);
    case CellKind::kUuid:
      return CopyCells<Uuid>(to, first, from, count);
    case CellKind::kInterval:
      return CopyCells<Interval>(to, first, from, count);
    case CellKind::kText:
      return CopyViews<std::string_view>(
          to, first, from, count, [](std::string_view cell) { return cell; },
          [](std::string_view copy, std::string_view) { return copy; });
    case CellKind::kJson:
      return CopyViews<DocumentView>(
          to, first, from, count, [](const DocumentView& cell) { return cell.bytes(); },
          [](std::string_view copy, const DocumentView& cell) { return DocumentView(copy, cell.keys()); });
    case CellKind::kVector:
      break;
  }
}

std::shared_ptr<Column> CutToSize(const Column& column, size_t rows) {
  auto cut = std::make_shared<Column>(column.type());
  cut->Reset(std::max<size_t>(rows, 1));
  CopyDeep(*cut, 0, column, rows);
  return cut;
}

}  // namespace

ColumnZone ZoneOf(const Column& column, size_t rows) {
  ColumnZone zone;
  const CellKind kind = CellKindOf(column.type());
  if (kind != CellKind::kInt64 && kind != CellKind::kDouble) return zone;
  zone.kind = ColumnZone::Kind::kNulls;
  for (size_t row = 0; row < rows; ++row) {
    if (column.IsNull(row)) continue;
    if (kind == CellKind::kInt64) {
      const int64_t cell = column.data<int64_t>()[row];
      const bool first = std::exchange(zone.kind, ColumnZone::Kind::kIntegers) == ColumnZone::Kind::kNulls;
      if (first || cell < zone.least.integer) zone.least.integer = cell;
      if (first || cell > zone.greatest.integer) zone.greatest.integer = cell;
    } else {
      const double cell = column.data<double>()[row];
      if (std::isnan(cell)) return {};
      const bool first = std::exchange(zone.kind, ColumnZone::Kind::kDoubles) == ColumnZone::Kind::kNulls;
      if (first || cell < zone.least.number) zone.least.number = cell;
      if (first || cell > zone.greatest.number) zone.greatest.number = cell;
    }
  }
  return zone;
}

size_t ColumnBlock::memory_bytes() const {
  size_t bytes = sizeof(ColumnBlock) + offsets.capacity() * sizeof(uint16_t) + columns.capacity() * sizeof(columns[0]) +
                 zones.capacity() * sizeof(zones[0]);
  for (const auto& column : columns) {
    if (column != nullptr) bytes += sizeof(Column) + column->memory_bytes();
  }
  return bytes;
}

std::pair<size_t, size_t> ColumnBlock::Slice(uint64_t block, RowId begin, RowId end) const {
  const RowId first = block * kColumnBlockRows;
  const auto place = [&](RowId row) {
    const auto at = std::ranges::lower_bound(offsets, row, {}, [&](uint16_t offset) { return first + offset; });
    return static_cast<size_t>(at - offsets.begin());
  };
  return {begin <= first ? 0 : place(begin), end >= first + kColumnBlockRows ? offsets.size() : place(end)};
}

void ColumnBlockBuilder::Start(uint64_t block, std::span<const size_t> numbers, std::span<const LogicalType> types) {
  block_ = block;
  offsets_.clear();
  numbers_.assign(numbers.begin(), numbers.end());
  columns_.resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    if (columns_[i] == nullptr || columns_[i]->type() != types[i]) columns_[i] = std::make_unique<Column>(types[i]);
    columns_[i]->Reset(kColumnBlockRows);
  }
}

void ColumnBlockBuilder::Add(std::span<const RowId> rows, std::span<const Column* const> columns) {
  REM_DCHECK(columns.size() == columns_.size());
  const size_t first = offsets_.size();
  for (const RowId row : rows) offsets_.push_back(static_cast<uint16_t>(row - block_ * kColumnBlockRows));
  for (size_t i = 0; i < columns.size(); ++i) CopyDeep(*columns_[i], first, *columns[i], rows.size());
}

ColumnBlock ColumnBlockBuilder::Finish(std::shared_ptr<const KeyDictionary> keys,
                                       const std::function<void(size_t, Column&)>& visit) {
  ColumnBlock block;
  block.offsets = std::vector<uint16_t>(offsets_.begin(), offsets_.end());
  block.columns.resize(numbers_.empty() ? 0 : std::ranges::max(numbers_) + 1);
  block.zones.resize(block.columns.size());
  for (size_t i = 0; i < numbers_.size(); ++i) {
    auto column = CutToSize(*columns_[i], offsets_.size());
    visit(numbers_[i], *column);
    block.zones[numbers_[i]] = ZoneOf(*column, offsets_.size());
    block.columns[numbers_[i]] = std::move(column);
  }
  block.keys = std::move(keys);
  return block;
}

}  // namespace rem

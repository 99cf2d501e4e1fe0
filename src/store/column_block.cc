#include "store/column_block.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rem {

namespace {

std::shared_ptr<Column> CutToSize(const Column& column, size_t rows) {
  auto cut = std::make_shared<Column>(column.type());
  cut->Reset(std::max<size_t>(rows, 1));
  for (size_t row = 0; row < rows; ++row) cut->CopyCellDeep(row, column, row);
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
  for (size_t i = 0; i < columns.size(); ++i) {
    for (size_t row = 0; row < rows.size(); ++row) columns_[i]->CopyCellDeep(first + row, *columns[i], row);
  }
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

#include "types/column.h"

#include "types/compare.h"

namespace rem {

size_t CellBytes(LogicalType type) {
  switch (type) {
    case LogicalType::kBool:
      return 1;
    case LogicalType::kInt:
    case LogicalType::kDouble:
    case LogicalType::kTimestamp:
      return 8;
    case LogicalType::kText:
      return sizeof(std::string_view);
    case LogicalType::kUuid:
      return sizeof(Uuid);
    case LogicalType::kJson:
      return sizeof(DocumentView);
    case LogicalType::kVector:
      return sizeof(std::span<const float>);
    case LogicalType::kNull:
      break;
  }
  REM_CHECK(type != LogicalType::kNull);
  return 0;
}

Column::Column(LogicalType type) : type_(type) { CellBytes(type); }

void Column::Reset(size_t rows) {
  if (rows > capacity_) {
    cells_ = std::make_unique_for_overwrite<std::byte[]>(rows * CellBytes(type_));
    capacity_ = rows;
  }
  has_nulls_ = false;
  constant_ = false;
  arena_.Reset();
}

void Column::Grow(size_t rows) {
  if (rows <= capacity_) return;
  const size_t capacity = std::max(rows, capacity_ * 2);
  auto cells = std::make_unique_for_overwrite<std::byte[]>(capacity * CellBytes(type_));
  if (capacity_ != 0) std::memcpy(cells.get(), cells_.get(), capacity_ * CellBytes(type_));
  cells_ = std::move(cells);
  capacity_ = capacity;
  if (has_nulls_) validity_.resize((capacity + 63) / 64, ~uint64_t{0});
}

void Column::StartNulls() {
  validity_.assign((capacity_ + 63) / 64, ~uint64_t{0});
  has_nulls_ = true;
}

void Column::SetConstant(const Value& value) {
  Reset(1);
  Set(0, value);
  constant_ = true;
}

void Column::CopyCell(size_t to, const Column& from, size_t from_row) {
  if (from.IsNull(from_row)) return SetNull(to);
  SetValid(to);
  from_row &= from.row_mask();
  switch (type_) {
    case LogicalType::kBool:
      data<uint8_t>()[to] = from.data<uint8_t>()[from_row];
      break;
    case LogicalType::kText:
      data<std::string_view>()[to] = from.data<std::string_view>()[from_row];
      break;
    case LogicalType::kUuid:
      data<Uuid>()[to] = from.data<Uuid>()[from_row];
      break;
    case LogicalType::kJson:
      data<DocumentView>()[to] = from.data<DocumentView>()[from_row];
      break;
    case LogicalType::kVector:
      data<std::span<const float>>()[to] = from.data<std::span<const float>>()[from_row];
      break;
    default:
      data<int64_t>()[to] = from.data<int64_t>()[from_row];
      break;
  }
}

void Column::CopyCellDeep(size_t to, const Column& from, size_t from_row) {
  CopyCell(to, from, from_row);
  if (IsNull(to)) return;
  if (type_ == LogicalType::kText) {
    auto& cell = data<std::string_view>()[to];
    cell = arena_.Copy(cell);
  } else if (type_ == LogicalType::kJson) {
    auto& cell = data<DocumentView>()[to];
    cell = DocumentView(arena_.Copy(cell.bytes()), cell.keys());
  } else if (type_ == LogicalType::kVector) {
    auto& cell = data<std::span<const float>>()[to];
    float* copy = arena_.AllocateArray<float>(cell.size());
    std::copy(cell.begin(), cell.end(), copy);
    cell = {copy, cell.size()};
  }
}

Value Column::Get(size_t row) const {
  if (IsNull(row)) return {};
  row &= row_mask();
  switch (type_) {
    case LogicalType::kBool:
      return data<uint8_t>()[row] != 0;
    case LogicalType::kInt:
      return data<int64_t>()[row];
    case LogicalType::kDouble:
      return data<double>()[row];
    case LogicalType::kText:
      return data<std::string_view>()[row];
    case LogicalType::kTimestamp:
      return Timestamp{data<int64_t>()[row]};
    case LogicalType::kUuid:
      return data<Uuid>()[row];
    case LogicalType::kJson:
      return Document::Copy(data<DocumentView>()[row]);
    case LogicalType::kVector: {
      const auto cell = data<std::span<const float>>()[row];
      return VectorValue(cell.begin(), cell.end());
    }
    case LogicalType::kNull:
      break;
  }
  return {};
}

void Column::Set(size_t row, const Value& value) {
  if (value.IsNull()) return SetNull(row);
  REM_CHECK(value.type() == type_);
  SetValid(row);
  switch (type_) {
    case LogicalType::kBool:
      data<uint8_t>()[row] = value.AsBool();
      break;
    case LogicalType::kInt:
      data<int64_t>()[row] = value.AsInt();
      break;
    case LogicalType::kDouble:
      data<double>()[row] = value.AsDouble();
      break;
    case LogicalType::kText:
      data<std::string_view>()[row] = arena_.Copy(value.AsText());
      break;
    case LogicalType::kTimestamp:
      data<int64_t>()[row] = value.AsTimestamp().micros;
      break;
    case LogicalType::kUuid:
      data<Uuid>()[row] = value.AsUuid();
      break;
    case LogicalType::kJson:
      data<DocumentView>()[row] = DocumentView(arena_.Copy(value.AsJson().bytes()));
      break;
    case LogicalType::kVector: {
      const VectorValue& vector = value.AsVector();
      float* copy = arena_.AllocateArray<float>(vector.size());
      std::copy(vector.begin(), vector.end(), copy);
      data<std::span<const float>>()[row] = {copy, vector.size()};
      break;
    }
    case LogicalType::kNull:
      break;
  }
}

size_t Column::memory_bytes() const {
  return capacity_ * CellBytes(type_) + validity_.size() * sizeof(uint64_t) + arena_.bytes();
}

int CompareCells(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  a_row &= a.row_mask();
  b_row &= b.row_mask();
  const auto sign = [](auto order) { return order < 0 ? -1 : order > 0 ? 1 : 0; };
  switch (a.type()) {
    case LogicalType::kBool:
      return int{a.data<uint8_t>()[a_row]} - int{b.data<uint8_t>()[b_row]};
    case LogicalType::kInt:
    case LogicalType::kTimestamp:
      return sign(a.data<int64_t>()[a_row] <=> b.data<int64_t>()[b_row]);
    case LogicalType::kDouble:
      return sign(CompareDoubles(a.data<double>()[a_row], b.data<double>()[b_row]));
    case LogicalType::kText:
      return a.data<std::string_view>()[a_row].compare(b.data<std::string_view>()[b_row]);
    case LogicalType::kUuid:
      return sign(a.data<Uuid>()[a_row] <=> b.data<Uuid>()[b_row]);
    case LogicalType::kJson:
      return sign(CompareDocuments(a.data<DocumentView>()[a_row], b.data<DocumentView>()[b_row]));
    default:
      return sign(CompareValues(a.Get(a_row), b.Get(b_row)));
  }
}

}  // namespace rem

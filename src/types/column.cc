#include "types/column.h"

#include <atomic>

#include "types/array_text.h"
#include "types/compare.h"
#include "types/datetime.h"
#include "types/numeric.h"

namespace rem {

namespace {

// Items one behind the other, each with its size, so that equal arrays have equal bytes.
void AppendArrayKey(const Value& array, std::string& out) {
  out.clear();
  std::string buffer;
  for (const Value& item : array.AsArray()) {
    if (item.IsNull()) {
      out.push_back('\0');
      continue;
    }
    Column cell(item.type());
    cell.SetConstant(item);
    const std::string_view key = KeyBytes(cell, 0, buffer);
    const auto size = static_cast<uint32_t>(key.size());
    out.push_back('\1');
    out.append(reinterpret_cast<const char*>(&size), sizeof(size));
    out.append(key);
  }
}

}  // namespace

size_t CellBytes(LogicalType type) {
  REM_CHECK(type != LogicalType::kNull);
  switch (CellKindOf(type)) {
    case CellKind::kByte:
      return 1;
    case CellKind::kInt64:
    case CellKind::kDouble:
      return 8;
    case CellKind::kText:
      return sizeof(std::string_view);
    case CellKind::kUuid:
      return sizeof(Uuid);
    case CellKind::kJson:
      return sizeof(DocumentView);
    case CellKind::kVector:
      return sizeof(std::span<const float>);
    case CellKind::kInterval:
      return sizeof(Interval);
  }
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
  coded_ = false;
  arena_.Reset();
}

uint64_t CellCodes::NewDictionary() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

CellCodes& Column::StartCodes() {
  if (codes_ == nullptr) codes_ = std::make_unique<CellCodes>();
  coded_ = true;
  return *codes_;
}

namespace {

template <typename T>
void GatherCells(T* to, const T* from, size_t mask, const uint32_t* rows, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] = from[rows[i] & mask];
}

}  // namespace

void Column::Gather(const Column& from, const uint32_t* rows, size_t count) {
  REM_DCHECK(type_ == from.type_);
  Reset(count);
  if (from.has_nulls_) {
    for (size_t i = 0; i < count; ++i) {
      if (from.IsNull(rows[i])) SetNull(i);
    }
  }
  if (const CellCodes* codes = from.codes()) {
    CellCodes& own = StartCodes();
    own.dictionary = codes->dictionary;
    own.limit = codes->limit;
    own.codes.resize(count);
    GatherCells(own.codes.data(), codes->codes.data(), ~size_t{0}, rows, count);
  }
  const auto gather = [&]<typename T>() { GatherCells(data<T>(), from.data<T>(), from.row_mask(), rows, count); };
  // The cells of NULLs hold anything, which is copied too.
  switch (CellKindOf(type_)) {
    case CellKind::kByte:
      return gather.operator()<uint8_t>();
    case CellKind::kText:
      return gather.operator()<std::string_view>();
    case CellKind::kUuid:
      return gather.operator()<Uuid>();
    case CellKind::kJson:
      return gather.operator()<DocumentView>();
    case CellKind::kVector:
      return gather.operator()<std::span<const float>>();
    case CellKind::kInterval:
      return gather.operator()<Interval>();
    case CellKind::kInt64:
    case CellKind::kDouble:
      return gather.operator()<int64_t>();
  }
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
  switch (CellKindOf(type_)) {
    case CellKind::kByte:
      data<uint8_t>()[to] = from.data<uint8_t>()[from_row];
      break;
    case CellKind::kText:
      data<std::string_view>()[to] = from.data<std::string_view>()[from_row];
      break;
    case CellKind::kUuid:
      data<Uuid>()[to] = from.data<Uuid>()[from_row];
      break;
    case CellKind::kJson:
      data<DocumentView>()[to] = from.data<DocumentView>()[from_row];
      break;
    case CellKind::kVector:
      data<std::span<const float>>()[to] = from.data<std::span<const float>>()[from_row];
      break;
    case CellKind::kInterval:
      data<Interval>()[to] = from.data<Interval>()[from_row];
      break;
    default:
      data<int64_t>()[to] = from.data<int64_t>()[from_row];
      break;
  }
}

void Column::CopyCellDeep(size_t to, const Column& from, size_t from_row) {
  CopyCell(to, from, from_row);
  if (IsNull(to)) return;
  const CellKind kind = CellKindOf(type_);
  if (kind == CellKind::kText) {
    auto& cell = data<std::string_view>()[to];
    cell = arena_.Copy(cell);
  } else if (kind == CellKind::kJson) {
    auto& cell = data<DocumentView>()[to];
    cell = DocumentView(arena_.Copy(cell.bytes()), cell.keys());
  } else if (kind == CellKind::kVector) {
    auto& cell = data<std::span<const float>>()[to];
    float* copy = arena_.AllocateArray<float>(cell.size());
    std::copy(cell.begin(), cell.end(), copy);
    cell = {copy, cell.size()};
  }
}

Value Column::Get(size_t row) const {
  if (IsNull(row)) return {};
  row &= row_mask();
  switch (CellKindOf(type_)) {
    case CellKind::kByte:
      return data<uint8_t>()[row] != 0;
    case CellKind::kInt64:
      return Value::OfInt(type_, data<int64_t>()[row]);
    case CellKind::kDouble:
      return Value::OfDouble(type_, data<double>()[row]);
    case CellKind::kText: {
      const std::string_view cell = data<std::string_view>()[row];
      if (IsArray(type_)) return Value::OfArray(ElementOf(type_), DecodeArray(cell, ElementOf(type_)));
      return Value::OfText(type_, std::string(cell));
    }
    case CellKind::kUuid:
      return data<Uuid>()[row];
    case CellKind::kJson:
      return Document::Copy(data<DocumentView>()[row]);
    case CellKind::kVector: {
      const auto cell = data<std::span<const float>>()[row];
      return VectorValue(cell.begin(), cell.end());
    }
    case CellKind::kInterval:
      return data<Interval>()[row];
  }
  return {};
}

void Column::Set(size_t row, const Value& value) {
  if (value.IsNull()) return SetNull(row);
  REM_CHECK(value.type() == type_);
  SetValid(row);
  switch (CellKindOf(type_)) {
    case CellKind::kByte:
      data<uint8_t>()[row] = value.AsBool();
      break;
    case CellKind::kInt64:
      data<int64_t>()[row] = value.raw_int();
      break;
    case CellKind::kDouble:
      data<double>()[row] = value.AsDouble();
      break;
    case CellKind::kText:
      data<std::string_view>()[row] =
          IsArray(type_) ? arena_.Copy(EncodeArray(value.AsArray())) : arena_.Copy(value.raw_text());
      break;
    case CellKind::kUuid:
      data<Uuid>()[row] = value.AsUuid();
      break;
    case CellKind::kJson:
      data<DocumentView>()[row] = DocumentView(arena_.Copy(value.AsJson().bytes()));
      break;
    case CellKind::kVector: {
      const VectorValue& vector = value.AsVector();
      float* copy = arena_.AllocateArray<float>(vector.size());
      std::copy(vector.begin(), vector.end(), copy);
      data<std::span<const float>>()[row] = {copy, vector.size()};
      break;
    }
    case CellKind::kInterval:
      data<Interval>()[row] = value.AsInterval();
      break;
  }
}

size_t Column::memory_bytes() const {
  const size_t codes = codes_ == nullptr ? 0 : codes_->codes.capacity() * sizeof(uint16_t);
  return capacity_ * CellBytes(type_) + validity_.size() * sizeof(uint64_t) + arena_.bytes() + codes;
}

int CompareCells(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  a_row &= a.row_mask();
  b_row &= b.row_mask();
  const auto sign = [](auto order) { return order < 0 ? -1 : order > 0 ? 1 : 0; };
  switch (CellKindOf(a.type())) {
    case CellKind::kByte:
      return int{a.data<uint8_t>()[a_row]} - int{b.data<uint8_t>()[b_row]};
    case CellKind::kInt64:
      return sign(a.data<int64_t>()[a_row] <=> b.data<int64_t>()[b_row]);
    case CellKind::kDouble:
      return sign(CompareDoubles(a.data<double>()[a_row], b.data<double>()[b_row]));
    case CellKind::kText: {
      const std::string_view x = a.data<std::string_view>()[a_row], y = b.data<std::string_view>()[b_row];
      if (a.type() == LogicalType::kNumeric) return sign(CompareNumerics(x, y));
      if (IsArray(a.type())) break;
      return x.compare(y);
    }
    case CellKind::kUuid:
      return sign(a.data<Uuid>()[a_row] <=> b.data<Uuid>()[b_row]);
    case CellKind::kJson:
      return sign(CompareDocuments(a.data<DocumentView>()[a_row], b.data<DocumentView>()[b_row]));
    case CellKind::kInterval: {
      const __int128 x = IntervalSpan(a.data<Interval>()[a_row]), y = IntervalSpan(b.data<Interval>()[b_row]);
      return (x > y) - (x < y);
    }
    case CellKind::kVector:
      break;
  }
  return sign(CompareValues(a.Get(a_row), b.Get(b_row)));
}

std::string_view KeyBytes(const Column& column, size_t row, std::string& buffer) {
  row &= column.row_mask();
  switch (CellKindOf(column.type())) {
    case CellKind::kByte:
      return {reinterpret_cast<const char*>(column.data<uint8_t>() + row), 1};
    case CellKind::kInt64:
      return {reinterpret_cast<const char*>(column.data<int64_t>() + row), 8};
    case CellKind::kUuid:
      return column.data<Uuid>()[row].AsBytes();
    case CellKind::kDouble: {
      double value = column.data<double>()[row];
      if (value == 0) value = 0;  // -0.0
      if (value != value) value = __builtin_nan("");
      buffer.assign(reinterpret_cast<const char*>(&value), sizeof(value));
      return buffer;
    }
    case CellKind::kText: {
      const std::string_view cell = column.data<std::string_view>()[row];
      if (column.type() == LogicalType::kNumeric) return NumericKey(cell);
      if (!IsArray(column.type())) return cell;
      AppendArrayKey(column.Get(row), buffer);
      return buffer;
    }
    case CellKind::kInterval: {
      const __int128 span = IntervalSpan(column.data<Interval>()[row]);
      buffer.assign(reinterpret_cast<const char*>(&span), sizeof(span));
      return buffer;
    }
    case CellKind::kJson:
    case CellKind::kVector:
      break;
  }
  buffer.clear();
  return buffer;
}

}  // namespace rem

#include "sql/executor/sort_code.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

constexpr size_t kCodeBytes = sizeof(SortCode::Number);
constexpr size_t kNumberBytes = sizeof(uint64_t);

uint64_t OfInt(int64_t value) {
  return static_cast<uint64_t>(value) ^ uint64_t { 1 } << 63;
}

uint64_t OfDouble(double value) {
  if (std::isnan(value)) return UINT64_MAX;
  if (value == 0) value = 0;  // -0.0
  const auto bits = std::bit_cast<uint64_t>(value);
  return bits >> 63 != 0 ? ~bits : bits | uint64_t{1} << 63;
}

// Rounding to a double keeps the order of what it does not make equal.
uint64_t OfNumeric(std::string_view text) {
  if (text == "NaN") return UINT64_MAX;
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  double value = std::numeric_limits<double>::infinity();
  if (digits != "Infinity") {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range)
      value = digits.starts_with("0.") ? 0 : std::numeric_limits<double>::infinity();
  }
  return OfDouble(negative ? -value : value);
}

// The lowest bits of a span say less than what 64 bits hold.
uint64_t OfInterval(const Interval& interval) { return OfInt(static_cast<int64_t>(IntervalSpan(interval) >> 12)); }

bool IsText(LogicalType type) { return CellKindOf(type) == CellKind::kText && type != LogicalType::kNumeric; }

}  // namespace

class SortCode::Writer {
 public:
  void Start(bool descending) { flip_ = descending ? 0xff : 0; }
  void Put(uint8_t byte) {
    if (used_ < kCodeBytes) bytes_[used_++] = static_cast<char>(byte ^ flip_);
  }
  // The lowest `width` bytes of a number.
  void PutNumber(uint64_t value, size_t width = kNumberBytes) {
    for (size_t i = width; i > 0; --i) Put(static_cast<uint8_t>(value >> 8 * (i - 1)));
  }
  // Filled up with zeros.
  void PutBytes(std::string_view bytes, size_t width) {
    for (size_t i = 0; i < width && used_ < kCodeBytes; ++i) Put(i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0);
  }
  Number Finish() const { return {LoadBig64(bytes_), LoadBig64(bytes_ + kNumberBytes)}; }

 private:
  char bytes_[kCodeBytes] = {};
  size_t used_ = 0;
  uint8_t flip_ = 0;
};

void SortCode::MeasureInts(Part& part) const {
  int64_t least = INT64_MAX, greatest = INT64_MIN;
  for (const Rows& place : places_) {
    const Column& column = *place.columns[part.key];
    for (size_t i = 0; i < place.count; ++i) {
      if (column.IsNull(i)) continue;
      const int64_t value = column.data<int64_t>()[i & column.row_mask()];
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
  }
  part.least = least;
  const uint64_t range = least > greatest ? 0 : static_cast<uint64_t>(greatest) - static_cast<uint64_t>(least);
  part.width = (static_cast<size_t>(std::bit_width(range)) + 7) / 8;
}

void SortCode::MeasureTexts(Part& part) const {
  std::string_view common;
  size_t longest = 0;
  bool any = false;
  for (const Rows& place : places_) {
    const Column& column = *place.columns[part.key];
    for (size_t i = 0; i < place.count; ++i) {
      if (column.IsNull(i)) continue;
      const std::string_view cell = column.data<std::string_view>()[i & column.row_mask()];
      longest = std::max(longest, cell.size());
      if (!std::exchange(any, true)) {
        common = cell;
      } else if (!cell.starts_with(common)) {
        common = common.substr(0, static_cast<size_t>(std::ranges::mismatch(common, cell).in1 - common.begin()));
      }
    }
  }
  part.common = common.size();
  // The length behind the bytes, as a text comes before those that it begins.
  part.width = longest - part.common + 1;
}

bool SortCode::Measure(Part& part) const {
  for (const Rows& place : places_) part.has_nulls |= place.columns[part.key]->has_nulls();
  switch (CellKindOf(part.type)) {
    case CellKind::kByte:
      part.width = 1;
      return true;
    case CellKind::kInt64:
      MeasureInts(part);
      return true;
    case CellKind::kText:
      if (IsArray(part.type)) return false;
      part.width = kNumberBytes;
      if (IsText(part.type)) MeasureTexts(part);
      return true;
    case CellKind::kUuid:
      part.width = sizeof(Uuid);
      return true;
    case CellKind::kDouble:
    case CellKind::kInterval:
      part.width = kNumberBytes;
      return true;
    case CellKind::kJson:
    case CellKind::kVector:
      break;
  }
  return false;
}

SortCode::SortCode(std::vector<Rows> places, std::span<const SortKey> keys) : places_(std::move(places)) {
  size_t used = 0;
  for (size_t i = 0; i < keys.size() && used < kCodeBytes; ++i) {
    Part part{i, places_[0].columns[i]->type(), keys[i].descending, keys[i].nulls_first};
    if (!Measure(part)) return;
    used += part.width + (part.has_nulls ? 1 : 0);
    part.whole = used <= kCodeBytes;
    parts_.push_back(part);
    // These lose something.
    if (!part.whole || part.type == LogicalType::kNumeric || part.type == LogicalType::kInterval) return;
    exact_keys_ = i + 1;
  }
}

void SortCode::Write(const Part& part, const Column& column, size_t row, Writer& out) {
  const bool null = column.IsNull(row);
  if (part.has_nulls) {
    out.Start(false);
    out.Put(null == part.nulls_first ? 0 : 1);
  }
  out.Start(part.descending);
  if (null) return out.PutBytes({}, part.width);
  row &= column.row_mask();
  switch (CellKindOf(part.type)) {
    case CellKind::kByte:
      return out.Put(column.data<uint8_t>()[row]);
    case CellKind::kInt64:
      return out.PutNumber(static_cast<uint64_t>(column.data<int64_t>()[row]) - static_cast<uint64_t>(part.least),
                           part.width);
    case CellKind::kDouble:
      return out.PutNumber(OfDouble(column.data<double>()[row]));
    case CellKind::kUuid:
      return out.PutBytes(column.data<Uuid>()[row].AsBytes(), part.width);
    case CellKind::kInterval:
      return out.PutNumber(OfInterval(column.data<Interval>()[row]));
    case CellKind::kText:
    default: {
      const std::string_view text = column.data<std::string_view>()[row];
      if (!IsText(part.type)) return out.PutNumber(OfNumeric(text));
      out.PutBytes(text.substr(part.common), part.width - 1);
      // Only where it has a place are the widths so small.
      if (part.whole) out.Put(static_cast<uint8_t>(text.size() - part.common));
    }
  }
}

SortCode::Number SortCode::Of(size_t place, size_t row) const {
  Writer out;
  for (const Part& part : parts_) Write(part, *places_[place].columns[part.key], row, out);
  return out.Finish();
}

}  // namespace rem::sql

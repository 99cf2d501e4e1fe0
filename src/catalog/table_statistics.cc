#include "catalog/table_statistics.h"

#include <bit>

#include <rem/error.h>

#include "base/bytes.h"
#include "types/cast.h"

namespace rem {

namespace {

constexpr uint8_t kVersion = 1;
/// Far above what a sample can have; more is damage.
constexpr uint64_t kMostValues = 10'000;

void AppendText(std::string& out, std::string_view text) {
  AppendVarint(out, text.size());
  out += text;
}

void AppendNumber(std::string& out, double number) { AppendFixed(out, std::bit_cast<uint64_t>(number)); }

void AppendValue(std::string& out, const Value& value) {
  out.push_back(static_cast<char>(value.type()));
  AppendText(out, value.ToText());
}

// Reads from the front of what is left. After a failure everything it gives is empty.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  uint64_t Count() {
    uint64_t number = 0;
    ok_ = ok_ && TakeVarint(in_, number);
    return ok_ ? number : 0;
  }
  /// How many values follow.
  uint64_t Size() {
    const uint64_t size = Count();
    ok_ = ok_ && size <= kMostValues;
    return ok_ ? size : 0;
  }
  double Number() {
    uint64_t bits = 0;
    ok_ = ok_ && TakeFixed(in_, bits);
    return ok_ ? std::bit_cast<double>(bits) : 0;
  }
  std::string_view Text() {
    const uint64_t size = Count();
    ok_ = ok_ && size <= in_.size();
    if (!ok_) return {};
    const std::string_view text = in_.substr(0, size);
    in_.remove_prefix(size);
    return text;
  }
  Value OneValue() {
    ok_ = ok_ && !in_.empty();
    if (!ok_) return {};
    const auto type = static_cast<LogicalType>(in_[0]);
    in_.remove_prefix(1);
    ok_ = type > LogicalType::kNull && type <= LogicalType::kInterval && type != LogicalType::kJson &&
          type != LogicalType::kVector;
    if (!ok_) return {};
    return CastValue(Value(std::string(Text())), type);
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && in_.empty(); }

 private:
  std::string_view in_;
  bool ok_ = true;
};

ColumnStatistics TakeColumn(Reader& in) {
  ColumnStatistics column;
  column.null_fraction = in.Number();
  column.distinct = in.Number();
  for (uint64_t i = in.Size(); i > 0 && in.ok(); --i) {
    Value value = in.OneValue();
    column.common.emplace_back(std::move(value), in.Number());
  }
  for (uint64_t i = in.Size(); i > 0 && in.ok(); --i) column.bounds.push_back(in.OneValue());
  return column;
}

}  // namespace

std::string EncodeStatistics(const TableStatistics& statistics, uint64_t changes) {
  std::string out(1, static_cast<char>(kVersion));
  AppendVarint(out, statistics.definition_version);
  AppendVarint(out, static_cast<uint64_t>(statistics.live_rows));
  AppendVarint(out, static_cast<uint64_t>(static_cast<int64_t>(changes) - statistics.changes));
  AppendVarint(out, statistics.columns.size());
  for (const auto& [name, column] : statistics.columns) {
    AppendText(out, name);
    AppendNumber(out, column.null_fraction);
    AppendNumber(out, column.distinct);
    AppendVarint(out, column.common.size());
    for (const auto& [value, part] : column.common) {
      AppendValue(out, value);
      AppendNumber(out, part);
    }
    AppendVarint(out, column.bounds.size());
    for (const Value& bound : column.bounds) AppendValue(out, bound);
  }
  return out;
}

TableStatisticsPtr DecodeStatistics(std::string_view bytes) {
  if (bytes.empty() || static_cast<uint8_t>(bytes[0]) != kVersion) return nullptr;
  Reader in(bytes.substr(1));
  auto statistics = std::make_shared<TableStatistics>();
  try {
    statistics->definition_version = in.Count();
    statistics->live_rows = static_cast<int64_t>(in.Count());
    statistics->changes = -static_cast<int64_t>(in.Count() & INT64_MAX);
    for (uint64_t i = in.Size(); i > 0 && in.ok(); --i) {
      std::string name(in.Text());
      statistics->columns[std::move(name)] = TakeColumn(in);
    }
  } catch (const Error&) {
    return nullptr;  // A value that its type cannot have.
  }
  return in.done() ? statistics : nullptr;
}

}  // namespace rem

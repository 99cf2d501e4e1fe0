#include <rem/value.h>

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/time.h"
#include "types/array_text.h"
#include "types/cast.h"
#include "types/datetime.h"
#include "types/json_writer.h"

namespace rem {

namespace {

constexpr size_t kTypeCount = static_cast<size_t>(LogicalType::kInterval) + 1;
constexpr std::string_view kNames[kTypeCount] = {
    "unknown",  "boolean", "bigint", "double precision", "text",  "timestamptz", "uuid", "jsonb",     "vector",
    "smallint", "integer", "real",   "numeric",          "bytea", "date",        "time", "timestamp", "interval"};

std::string VectorText(const VectorValue& vector) {
  std::string text = "[";
  char buffer[32];
  for (const float element : vector) {
    if (text.size() > 1) text.push_back(',');
    text.append(buffer, std::to_chars(buffer, buffer + sizeof(buffer), element).ptr);
  }
  text.push_back(']');
  return text;
}

}  // namespace

std::string_view LogicalTypeName(LogicalType type) {
  static const auto arrays = [] {
    std::array<std::string, kTypeCount> names;
    for (size_t i = 0; i < names.size(); ++i) names[i] = std::string(kNames[i]) + "[]";
    return names;
  }();
  if (ElementOf(type) == LogicalType::kAny) return "any";
  if (ElementOf(type) == LogicalType::kAnyElement) return IsArray(type) ? "anyarray" : "anyelement";
  const auto element = static_cast<size_t>(ElementOf(type));
  return IsArray(type) ? std::string_view(arrays[element]) : kNames[element];
}

std::string Timestamp::ToString() const { return FormatTimestampMicros(micros); }

template <typename T>
const T& Value::Need(bool matches, std::string_view wanted) const {
  if (matches) {
    if (const T* value = std::get_if<T>(&data_)) return *value;
  }
  throw Error(ErrorCode::kInternal,
              fmt::format("value read as the wrong type: it is {}, wanted {}", LogicalTypeName(type_), wanted));
}

bool Value::AsBool() const { return Need<bool>(true, "boolean"); }
int64_t Value::AsInt() const { return Need<int64_t>(IsInteger(type_), "bigint"); }

double Value::AsDouble() const {
  if (IsInteger(type_)) return static_cast<double>(AsInt());
  return Need<double>(true, "double precision");
}

const std::string& Value::AsText() const { return Need<std::string>(type_ == LogicalType::kText, "text"); }
const std::string& Value::AsNumeric() const { return Need<std::string>(type_ == LogicalType::kNumeric, "numeric"); }
const std::string& Value::AsBytes() const { return Need<std::string>(type_ == LogicalType::kBytea, "bytea"); }
Timestamp Value::AsTimestamp() const {
  const bool matches = type_ == LogicalType::kTimestamp || type_ == LogicalType::kLocalTimestamp;
  return Timestamp{Need<int64_t>(matches, "timestamptz")};
}
int64_t Value::AsDate() const { return Need<int64_t>(type_ == LogicalType::kDate, "date"); }
int64_t Value::AsTime() const { return Need<int64_t>(type_ == LogicalType::kTime, "time"); }
const Interval& Value::AsInterval() const { return Need<Interval>(true, "interval"); }
const Uuid& Value::AsUuid() const { return Need<Uuid>(true, "uuid"); }
const Document& Value::AsJson() const { return Need<Document>(true, "jsonb"); }
const VectorValue& Value::AsVector() const { return Need<VectorValue>(true, "vector"); }
const std::vector<Value>& Value::AsArray() const { return *Need<Array>(IsArray(type_), "an array"); }

bool operator==(const Value& a, const Value& b) {
  if (a.type_ != b.type_) return false;
  if (IsArray(a.type_)) return a.AsArray() == b.AsArray();
  return a.data_ == b.data_;
}

std::string Value::ToText() const {
  if (IsArray(type_)) return FormatArray(AsArray());
  switch (type_) {
    case LogicalType::kBool:
      return AsBool() ? "t" : "f";
    case LogicalType::kSmallInt:
    case LogicalType::kInteger:
    case LogicalType::kInt:
      return fmt::to_string(AsInt());
    case LogicalType::kReal:
      return FormatReal(static_cast<float>(AsDouble()));
    case LogicalType::kDouble:
      return FormatDouble(AsDouble());
    case LogicalType::kNumeric:
      return AsNumeric();
    case LogicalType::kText:
      return AsText();
    case LogicalType::kBytea:
      return FormatBytea(AsBytes());
    case LogicalType::kDate:
      return FormatDate(AsDate());
    case LogicalType::kTime:
      return FormatTime(AsTime());
    case LogicalType::kLocalTimestamp:
      return FormatLocalTimestamp(AsTimestamp().micros);
    case LogicalType::kTimestamp:
      if (raw_int() == kTimeInfinity || raw_int() == kTimeMinusInfinity) return FormatLocalTimestamp(raw_int());
      return AsTimestamp().ToString();
    case LogicalType::kInterval:
      return FormatInterval(AsInterval());
    case LogicalType::kUuid:
      return AsUuid().ToString();
    case LogicalType::kJson:
      return WriteJsonb(AsJson());
    case LogicalType::kVector:
      return VectorText(AsVector());
    default:
      return {};
  }
}

}  // namespace rem

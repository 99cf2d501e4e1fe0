#include <rem/value.h>

#include <charconv>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/time.h"
#include "types/cast.h"

namespace rem {

std::string_view LogicalTypeName(LogicalType type) {
  static constexpr std::string_view kNames[] = {
      "unknown", "boolean", "bigint", "double precision", "text", "timestamptz", "uuid", "jsonb", "vector"};
  return kNames[static_cast<size_t>(type)];
}

std::string Timestamp::ToString() const { return FormatTimestampMicros(micros); }

namespace {

template <typename T, typename Data>
const T& Need(const Data& data, LogicalType wanted) {
  if (const T* value = std::get_if<T>(&data)) return *value;
  throw Error(ErrorCode::kInternal,
              fmt::format("value read as the wrong type: it is {}, wanted {}",
                          LogicalTypeName(static_cast<LogicalType>(data.index())), LogicalTypeName(wanted)));
}

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

bool Value::AsBool() const { return Need<bool>(data_, LogicalType::kBool); }
int64_t Value::AsInt() const { return Need<int64_t>(data_, LogicalType::kInt); }

double Value::AsDouble() const {
  if (const auto* value = std::get_if<int64_t>(&data_)) return static_cast<double>(*value);
  return Need<double>(data_, LogicalType::kDouble);
}

const std::string& Value::AsText() const { return Need<std::string>(data_, LogicalType::kText); }
Timestamp Value::AsTimestamp() const { return Need<Timestamp>(data_, LogicalType::kTimestamp); }
const Uuid& Value::AsUuid() const { return Need<Uuid>(data_, LogicalType::kUuid); }
const Document& Value::AsJson() const { return Need<Document>(data_, LogicalType::kJson); }
const VectorValue& Value::AsVector() const { return Need<VectorValue>(data_, LogicalType::kVector); }

std::string Value::ToText() const {
  switch (type()) {
    case LogicalType::kNull:
      return {};
    case LogicalType::kBool:
      return AsBool() ? "t" : "f";
    case LogicalType::kInt:
      return fmt::to_string(AsInt());
    case LogicalType::kDouble:
      return FormatDouble(AsDouble());
    case LogicalType::kText:
      return AsText();
    case LogicalType::kTimestamp:
      return AsTimestamp().ToString();
    case LogicalType::kUuid:
      return AsUuid().ToString();
    case LogicalType::kJson:
      return AsJson().ToJson();
    case LogicalType::kVector:
      return VectorText(AsVector());
  }
  return {};
}

}  // namespace rem

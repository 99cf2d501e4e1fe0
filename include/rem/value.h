#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rem/document.h>
#include <rem/uuid.h>

namespace rem {

/// Type of a column or value as SQL sees it. An array's type is ArrayOf its elements' type.
enum class LogicalType : uint8_t {
  kNull,            ///< Only of a literal NULL.
  kBool,            ///< boolean
  kInt,             ///< bigint
  kDouble,          ///< double precision
  kText,            ///< text
  kTimestamp,       ///< timestamptz
  kUuid,            ///< uuid
  kJson,            ///< jsonb
  kVector,          ///< vector: an embedding of 32-bit floats
  kSmallInt,        ///< smallint
  kInteger,         ///< integer
  kReal,            ///< real
  kNumeric,         ///< numeric
  kBytea,           ///< bytea
  kDate,            ///< date
  kTime,            ///< time without time zone
  kLocalTimestamp,  ///< timestamp without time zone
  kInterval,        ///< interval
  // Of function arguments only.
  kAny = 0x40,  ///< Any type.
  kAnyElement,  ///< Any type, the same wherever it stands in one signature.
};

inline constexpr uint8_t kArrayTypeBit = 0x80;
constexpr LogicalType ArrayOf(LogicalType element) {
  return static_cast<LogicalType>(static_cast<uint8_t>(element) | kArrayTypeBit);
}
constexpr bool IsArray(LogicalType type) { return (static_cast<uint8_t>(type) & kArrayTypeBit) != 0; }
constexpr LogicalType ElementOf(LogicalType array) {
  return static_cast<LogicalType>(static_cast<uint8_t>(array) & ~kArrayTypeBit);
}
/// smallint, integer or bigint.
constexpr bool IsInteger(LogicalType type) {
  return type == LogicalType::kInt || type == LogicalType::kInteger || type == LogicalType::kSmallInt;
}
constexpr bool IsNumber(LogicalType type) {
  return IsInteger(type) || type == LogicalType::kDouble || type == LogicalType::kReal || type == LogicalType::kNumeric;
}

/// PostgreSQL's name of the type: "bigint", "timestamptz", "jsonb", "integer[]", ...
std::string_view LogicalTypeName(LogicalType type);

/// Microseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  int64_t micros = 0;
  auto operator<=>(const Timestamp&) const = default;
  /// RFC 3339 in UTC with as many fraction digits as needed, for example "2026-11-21T10:00:00.5Z".
  std::string ToString() const;
};

/// A span of time as PostgreSQL keeps it: the parts are independent, because months and days differ in length.
struct Interval {
  int64_t micros = 0;
  int32_t days = 0;
  int32_t months = 0;
  bool operator==(const Interval&) const = default;
};

using VectorValue = std::vector<float>;

/// One SQL value.
class Value {
 public:
  Value() = default;  ///< NULL
  Value(bool v) : type_(LogicalType::kBool), data_(v) {}
  Value(int v) : type_(LogicalType::kInt), data_(static_cast<int64_t>(v)) {}
  Value(int64_t v) : type_(LogicalType::kInt), data_(v) {}
  Value(double v) : type_(LogicalType::kDouble), data_(v) {}
  Value(std::string v) : type_(LogicalType::kText), data_(std::move(v)) {}
  Value(std::string_view v) : type_(LogicalType::kText), data_(std::string(v)) {}
  Value(const char* v) : type_(LogicalType::kText), data_(std::string(v)) {}
  Value(Timestamp v) : type_(LogicalType::kTimestamp), data_(v.micros) {}
  Value(Interval v) : type_(LogicalType::kInterval), data_(v) {}
  Value(Uuid v) : type_(LogicalType::kUuid), data_(v) {}
  Value(Document v) : type_(LogicalType::kJson), data_(std::move(v)) {}
  Value(VectorValue v) : type_(LogicalType::kVector), data_(std::move(v)) {}

  /// A smallint, integer or bigint; a date (days since 1970-01-01), a time (microseconds since midnight), a timestamp
  /// with or without time zone (microseconds since 1970).
  static Value OfInt(LogicalType type, int64_t v) { return Value(type, v); }
  /// A real (already rounded to float) or double precision.
  static Value OfDouble(LogicalType type, double v) { return Value(type, v); }
  /// A text, a bytea (its bytes), or a numeric in its canonical text: "-12.50", "NaN", "Infinity".
  static Value OfText(LogicalType type, std::string v) { return Value(type, std::move(v)); }
  /// Items of type `element` or NULL.
  static Value OfArray(LogicalType element, std::vector<Value> items) {
    return Value(ArrayOf(element), std::make_shared<const std::vector<Value>>(std::move(items)));
  }

  LogicalType type() const { return type_; }
  bool IsNull() const { return type_ == LogicalType::kNull; }

  // Each needs the matching type; Error(kInternal) otherwise.
  bool AsBool() const;
  int64_t AsInt() const;                 ///< Of any integer type.
  double AsDouble() const;               ///< Also of integers and real.
  const std::string& AsText() const;     ///< Of a text.
  const std::string& AsNumeric() const;  ///< Canonical text of a numeric.
  const std::string& AsBytes() const;    ///< Of a bytea.
  Timestamp AsTimestamp() const;         ///< With or without time zone.
  int64_t AsDate() const;                ///< Days since 1970-01-01.
  int64_t AsTime() const;                ///< Microseconds since midnight.
  const Interval& AsInterval() const;
  const Uuid& AsUuid() const;
  const Document& AsJson() const;
  const VectorValue& AsVector() const;
  const std::vector<Value>& AsArray() const;

  /// What OfInt and OfText were given, whatever the type.
  int64_t raw_int() const { return std::get<int64_t>(data_); }
  const std::string& raw_text() const { return std::get<std::string>(data_); }

  /// As psql shows it: t/f, shortest doubles, JSON text, {1,2,NULL}; timestamptz in RFC 3339; NULL is the empty string.
  std::string ToText() const;

  friend bool operator==(const Value& a, const Value& b);

 private:
  using Array = std::shared_ptr<const std::vector<Value>>;
  template <typename T>
  Value(LogicalType type, T v) : type_(type), data_(std::move(v)) {}
  template <typename T>
  const T& Need(bool matches, std::string_view wanted) const;

  LogicalType type_ = LogicalType::kNull;
  std::variant<std::monostate, bool, int64_t, double, std::string, Interval, Uuid, Document, VectorValue, Array> data_;
};

}  // namespace rem

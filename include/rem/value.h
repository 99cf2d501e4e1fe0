#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rem/document.h>
#include <rem/uuid.h>

namespace rem {

/// Type of a column or value as SQL sees it.
enum class LogicalType : uint8_t {
  kNull,       ///< Only of a literal NULL.
  kBool,       ///< boolean
  kInt,        ///< bigint
  kDouble,     ///< double precision
  kText,       ///< text
  kTimestamp,  ///< timestamptz
  kUuid,       ///< uuid
  kJson,       ///< jsonb
  kVector,     ///< vector: an embedding of 32-bit floats
};

/// PostgreSQL's name of the type: "bigint", "timestamptz", "jsonb", ...
std::string_view LogicalTypeName(LogicalType type);

/// Microseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  int64_t micros = 0;
  auto operator<=>(const Timestamp&) const = default;
  /// RFC 3339 in UTC with as many fraction digits as needed, for example "2026-11-21T10:00:00.5Z".
  std::string ToString() const;
};

using VectorValue = std::vector<float>;

/// One SQL value.
class Value {
 public:
  Value() = default;  ///< NULL
  Value(bool v) : data_(v) {}
  Value(int v) : data_(static_cast<int64_t>(v)) {}
  Value(int64_t v) : data_(v) {}
  Value(double v) : data_(v) {}
  Value(std::string v) : data_(std::move(v)) {}
  Value(std::string_view v) : data_(std::string(v)) {}
  Value(const char* v) : data_(std::string(v)) {}
  Value(Timestamp v) : data_(v) {}
  Value(Uuid v) : data_(v) {}
  Value(Document v) : data_(std::move(v)) {}
  Value(VectorValue v) : data_(std::move(v)) {}

  LogicalType type() const { return static_cast<LogicalType>(data_.index()); }
  bool IsNull() const { return data_.index() == 0; }

  // Each needs the matching type; Error(kInternal) otherwise.
  bool AsBool() const;
  int64_t AsInt() const;
  double AsDouble() const;  ///< Also of an int.
  const std::string& AsText() const;
  Timestamp AsTimestamp() const;
  const Uuid& AsUuid() const;
  const Document& AsJson() const;
  const VectorValue& AsVector() const;

  /// As psql shows it: t/f, shortest doubles, RFC 3339 times, JSON text; NULL is the empty string.
  std::string ToText() const;

  friend bool operator==(const Value& a, const Value& b) { return a.data_ == b.data_; }

 private:
  // The order of alternatives is that of LogicalType.
  std::variant<std::monostate, bool, int64_t, double, std::string, Timestamp, Uuid, Document, VectorValue> data_;
};

}  // namespace rem

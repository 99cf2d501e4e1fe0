#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rem/value.h>

namespace rem {

/// Where PostgreSQL casts one type to another.
enum class CastLevel : uint8_t {
  kNone,
  kExplicit,    ///< Only by CAST or ::.
  kAssignment,  ///< Also where a value is stored in a column.
  kImplicit,    ///< Wherever an expression needs it.
};
CastLevel CastLevelOf(LogicalType from, LogicalType to);

/// The type modifier of numeric(p,s), varchar(n), char(n), vector(n); none of them where both are negative.
struct TypeModifier {
  int first = -1;
  int second = -1;
  bool operator==(const TypeModifier&) const = default;
};
/// A type as SQL spells it.
struct SqlType {
  LogicalType type = LogicalType::kText;
  TypeModifier modifier;
  /// char(n): spaces at the end are not kept.
  bool padded = false;
};
/// "numeric(10,2)", "varchar(20)", "int4", "integer", "timestamp with time zone", "date[]"; any of the names that
/// PostgreSQL or its parser gives a type. nullopt for an unknown one; Error for a modifier out of range.
std::optional<SqlType> ParseSqlType(std::string_view text);
/// Rounds, cuts and checks a value of `to.type` as its modifier says. A text too long is cut by an explicit cast, and
/// is an error (kInvalidText) when it is stored.
Value ApplyModifier(const Value& value, const SqlType& to, bool explicit_cast);

/// Casts as PostgreSQL's explicit cast does ('t' and 'yes' are booleans, a double rounds half to even to bigint, ...).
/// NULL stays NULL. Errors: kInvalidText, kNumericOutOfRange, kInvalidDatetime, kTypeMismatch.
Value CastValue(const Value& value, LogicalType to);

/// Reads a JSON node as a column of type `to`, without error: nullopt where the node is no such value (a text in an
/// integer column, ...). JSON null is NULL. A kTimestamp is an RFC 3339 text, a kUuid its text.
std::optional<Value> ValueFromNode(const DocumentView& node, LogicalType to);

/// The other way: what a JSON document holds for `value`, as PostgreSQL's to_jsonb has it.
Document DocumentFromValue(const Value& value);
/// As DocumentFromValue, but exact, for a record's member: a numeric is its text.
Document StoredFromValue(const Value& value);

// Parsing of single values, shared with the vectorised kernels. nullopt when the text does not parse or does not fit.
std::optional<int64_t> ParseInt(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);
std::optional<bool> ParseBool(std::string_view text);

/// Shortest text that reads back as the same double; "NaN", "Infinity", "-Infinity".
std::string FormatDouble(double value);
std::string FormatReal(float value);

}  // namespace rem

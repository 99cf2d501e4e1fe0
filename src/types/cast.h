#pragma once

#include <optional>
#include <string_view>

#include <rem/value.h>

namespace rem {

/// Casts as PostgreSQL's explicit cast does ('t' and 'yes' are booleans, a double rounds half to even to bigint, ...).
/// NULL stays NULL. Errors: kInvalidText, kNumericOutOfRange, kInvalidDatetime, kTypeMismatch.
Value CastValue(const Value& value, LogicalType to);

/// Reads a JSON node as a column of type `to`, without error: nullopt where the node is no such value (a text in an
/// integer column, ...). JSON null is NULL. A kTimestamp is an RFC 3339 text, a kUuid its text.
std::optional<Value> ValueFromNode(const DocumentView& node, LogicalType to);

/// The other way: what a JSON document holds for `value`.
Document DocumentFromValue(const Value& value);

// Parsing of single values, shared with the vectorised kernels. nullopt when the text does not parse or does not fit.
std::optional<int64_t> ParseInt(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);
std::optional<bool> ParseBool(std::string_view text);

/// Shortest text that reads back as the same double; "NaN", "Infinity", "-Infinity".
std::string FormatDouble(double value);

}  // namespace rem

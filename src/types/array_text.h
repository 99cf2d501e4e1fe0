#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rem/value.h>

namespace rem {

/// "{1,2,NULL}", with quotes where PostgreSQL writes them.
std::string FormatArray(const std::vector<Value>& items);
/// Items of '{a,"b c",NULL}' as texts; nullopt when it is malformed or has more than one dimension.
std::optional<std::vector<std::optional<std::string>>> ParseArray(std::string_view text);

/// The bytes of an array's cell: a count, then for each item a presence byte and its text or fixed-size value.
std::string EncodeArray(const std::vector<Value>& items);
std::vector<Value> DecodeArray(std::string_view bytes, LogicalType element);

/// "\x00ff".
std::string FormatBytea(std::string_view bytes);
/// The hexadecimal form and the escape form.
std::optional<std::string> ParseBytea(std::string_view text);

}  // namespace rem

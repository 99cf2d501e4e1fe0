#pragma once

#include <string>
#include <string_view>

#include <rem/value.h>

namespace rem {

enum class KeyOrder : uint8_t { kAscending, kDescending };

/// Longest part of a text that goes into an index key. Longer texts are cut there and marked; who reads the index
/// compares the row.
inline constexpr size_t kMaxIndexedTextBytes = 512;

/// Appends `value` so that the byte order of the results is the order of CompareValues: NULL last (ascending), bools,
/// int64, double (NaN greatest, -0.0 as 0.0), text, timestamp, uuid. No encoding is a prefix of another of the same
/// type, so parts can be put one after another; the type is part of the encoding, and values of one indexed column have
/// one type. Returns false when a text was cut. Documents and vectors are Error(kTypeMismatch).
bool AppendIndexValue(std::string& out, const Value& value, KeyOrder order = KeyOrder::kAscending);

/// The inverse, taken from the front of `in` (a cut text comes back cut, `*cut` set). Error(kCorruption) on bytes that
/// AppendIndexValue never wrote.
Value TakeIndexValue(std::string_view& in, KeyOrder order = KeyOrder::kAscending, bool* cut = nullptr);

/// Bytes that every encoding of a text starting with `prefix` starts with: for LIKE 'abc%'. At most
/// kMaxIndexedTextBytes of the prefix count.
void AppendIndexTextPrefix(std::string& out, std::string_view prefix);

/// The smallest byte string greater than every string that starts with `prefix`; empty when there is none.
std::string PrefixEnd(std::string_view prefix);

}  // namespace rem

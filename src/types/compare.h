#pragma once

#include <compare>

#include <rem/value.h>

namespace rem {

/// PostgreSQL's total order within one type; ints and doubles compare by value (exactly, also past 2^53), NaN is
/// greater than any number and equal to itself, -0.0 equals 0.0. Text compares by bytes (the C collation). Documents
/// compare as jsonb: Object > Array > Boolean > Number > String > Null, then by size and contents. NULL sorts last.
/// Error(kTypeMismatch) for types that do not compare.
std::strong_ordering CompareValues(const Value& a, const Value& b);
std::strong_ordering CompareDocuments(const DocumentView& a, const DocumentView& b);
std::strong_ordering CompareDoubles(double a, double b);
std::strong_ordering CompareIntDouble(int64_t a, double b);

}  // namespace rem

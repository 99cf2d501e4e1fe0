#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <rem/value.h>

namespace rem {

/// A text as a date, time or timestamp in any of the forms that PostgreSQL reads with DateStyle MDY: "Jan 8 1999",
/// "1/8/1999", "19990108T040506", "04:05 PM", "1999-01-08 04:05:06 America/New_York", "J2451187", "44-03-15 BC". The
/// value is that of Value::OfInt(to, ...). nullopt for what is none; `out_of_range` tells a field that is too large.
/// What depends on the clock ("now", "today") is none.
std::optional<int64_t> ParseTimeText(std::string_view text, LogicalType to, bool& out_of_range);

}  // namespace rem

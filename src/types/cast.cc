#include "types/cast.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/time.h"
#include "base/utf8.h"
#include "types/array_text.h"
#include "types/datetime.h"
#include "types/datetime_text.h"
#include "types/json_writer.h"
#include "types/numeric.h"

namespace rem {

namespace {

[[noreturn]] void ThrowNoCast(LogicalType from, LogicalType to) {
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("cannot cast type {} to {}", LogicalTypeName(from), LogicalTypeName(to)),
              "cast through text if that is what you mean");
}

bool IsTimeType(LogicalType type) {
  return type == LogicalType::kDate || type == LogicalType::kTime || type == LogicalType::kTimestamp ||
         type == LogicalType::kLocalTimestamp || type == LogicalType::kInterval;
}

[[noreturn]] void ThrowInvalidText(std::string_view text, LogicalType to, std::string_view hint) {
  const std::string_view name =
      to == LogicalType::kTimestamp ? std::string_view("timestamp with time zone") : LogicalTypeName(to);
  throw Error(ErrorCode::kInvalidText,
              fmt::format("invalid input syntax for type {}: \"{}\"", name, Utf8Prefix(text, 100)), std::string(hint))
      .WithSqlState(IsTimeType(to) ? "22007" : "22P02");
}

[[noreturn]] void ThrowOutOfRange(std::string_view what, LogicalType to) {
  throw Error(ErrorCode::kNumericOutOfRange,
              fmt::format("value out of range for type {}: {}", LogicalTypeName(to), what),
              to == LogicalType::kInt        ? "bigint holds -9223372036854775808 to 9223372036854775807"
              : to == LogicalType::kInteger  ? "integer holds -2147483648 to 2147483647"
              : to == LogicalType::kSmallInt ? "smallint holds -32768 to 32767"
              : to == LogicalType::kReal     ? "real holds up to 3.4e38"
                                             : "double precision holds up to 1.8e308");
}

bool FitsInteger(int64_t value, LogicalType type) {
  if (type == LogicalType::kSmallInt) return value >= INT16_MIN && value <= INT16_MAX;
  if (type == LogicalType::kInteger) return value >= INT32_MIN && value <= INT32_MAX;
  return true;
}

Value NarrowInteger(int64_t value, LogicalType to) {
  if (!FitsInteger(value, to)) {
    throw Error(ErrorCode::kNumericOutOfRange,
                to == LogicalType::kSmallInt ? "smallint out of range" : "integer out of range", "cast to bigint");
  }
  return Value::OfInt(to, value);
}

Value NarrowDouble(double value, LogicalType to) {
  if (to == LogicalType::kDouble) return Value(value);
  const auto narrow = static_cast<float>(value);
  if ((std::isinf(narrow) && !std::isinf(value)) || (narrow == 0 && value != 0))
    ThrowOutOfRange(FormatDouble(value), to);
  return Value::OfDouble(to, narrow);
}

int64_t DoubleToInt(double value) {
  const double rounded = std::nearbyint(value);
  if (!(rounded >= -0x1p63 && rounded < 0x1p63)) ThrowOutOfRange(FormatDouble(value), LogicalType::kInt);
  return static_cast<int64_t>(rounded);
}

size_t TakeDigits(std::string_view& text) {
  size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  text.remove_prefix(count);
  return count;
}

void TakeSign(std::string_view& text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
}

// Whether text that did not parse is a number all the same, so that its size is what is wrong.
bool IsNumber(std::string_view text, bool integer) {
  static constexpr std::string_view kSpaces = " \t\n\r\f\v";
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kSpaces)));
  text = text.substr(0, text.find_last_not_of(kSpaces) + 1);
  TakeSign(text);
  size_t digits = TakeDigits(text);
  if (!integer && text.starts_with('.')) {
    text.remove_prefix(1);
    digits += TakeDigits(text);
  }
  if (!integer && digits > 0 && (text.starts_with('e') || text.starts_with('E'))) {
    text.remove_prefix(1);
    TakeSign(text);
    if (TakeDigits(text) == 0) return false;
  }
  return digits > 0 && text.empty();
}

// Takes "-12.5" off the front where a comma or the end follows: digits and a power of ten that are doubles both have an
// exactly rounded quotient (Clinger, 1990). nullopt for numbers that need more, and for what is none.
std::optional<double> TakeShortDecimal(std::string_view& text) {
  static constexpr double kPowers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  static constexpr size_t kMostCharacters = 15;  // so the digits are below 2^53
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t begin = at;
  uint64_t digits = 0;
  size_t point = std::string_view::npos;
  for (; at < text.size() && text[at] != ','; ++at) {
    if (text[at] == '.' && point == std::string_view::npos) {
      point = at;
    } else if (text[at] >= '0' && text[at] <= '9') {
      digits = digits * 10 + static_cast<uint64_t>(text[at] - '0');
    } else {
      return std::nullopt;
    }
    if (at - begin >= kMostCharacters) return std::nullopt;
  }
  const size_t behind = point == std::string_view::npos ? 0 : at - point - 1;
  // At least one digit before the point, and behind one.
  if (at == begin || point == begin || (point != std::string_view::npos && behind == 0)) return std::nullopt;
  const double value = static_cast<double>(digits) / kPowers[behind];
  text.remove_prefix(at);
  return begin == 1 ? -value : value;
}

std::optional<VectorValue> ParseVector(std::string_view text) {
  const auto trim = [](std::string_view part) {
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    return part;
  };
  text = trim(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  VectorValue vector;
  if (trim(text).empty()) return vector;
  for (;;) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    auto element = TakeShortDecimal(text);
    const size_t comma = element ? (text.empty() ? std::string_view::npos : 0) : text.find(',');
    if (!element) element = ParseDouble(text.substr(0, comma));
    if (!element || !std::isfinite(static_cast<float>(*element))) return std::nullopt;
    vector.push_back(static_cast<float>(*element));
    if (comma == std::string_view::npos) return vector;
    text.remove_prefix(comma + 1);
  }
}

template <typename T, typename Make>
Value ParsedOrThrow(const std::optional<T>& parsed, std::string_view text, LogicalType to, std::string_view hint,
                    Make make) {
  if (!parsed) ThrowInvalidText(text, to, hint);
  return make(*parsed);
}

Value CastTextToTime(const std::string& text, LogicalType to) {
  std::optional<int64_t> parsed;
  std::string_view hint = "write it as 2026-11-21T10:00:00Z";
  // The usual form first, because it is read faster.
  if (to == LogicalType::kDate) {
    parsed = ParseDate(text);
    hint = "write it as 2026-11-21";
  } else if (to == LogicalType::kTime) {
    parsed = ParseTime(text);
    hint = "write it as 10:30:00";
  } else if (to == LogicalType::kTimestamp) {
    parsed = ParseTimestampOrInfinity(text);
  } else {
    parsed = ParseLocalTimestamp(text);
    hint = "write it as 2026-11-21 10:00:00";
  }
  bool out_of_range = false;
  if (!parsed) parsed = ParseTimeText(text, to, out_of_range);
  if (parsed) return Value::OfInt(to, *parsed);
  if (out_of_range) {
    throw Error(ErrorCode::kInvalidDatetime,
                fmt::format("date/time field value out of range: \"{}\"", Utf8Prefix(text, 100)),
                std::string(hint) + ", with a date of the calendar");
  }
  ThrowInvalidText(text, to, hint);
}

Value CastTextToArray(const std::string& text, LogicalType element) {
  const auto items = ParseArray(text);
  if (!items) {
    if (text.find("{{") != std::string::npos)
      throw Error(ErrorCode::kNotSupported, "not supported yet: arrays of more than one dimension", "use jsonb");
    throw Error(ErrorCode::kInvalidText, fmt::format("malformed array literal: \"{}\"", Utf8Prefix(text, 100)),
                "an array is written as {1,2,NULL}");
  }
  std::vector<Value> values;
  for (const auto& item : *items) values.push_back(item ? CastValue(Value(*item), element) : Value());
  return Value::OfArray(element, std::move(values));
}

Value CastText(const std::string& text, LogicalType to) {
  if (IsArray(to)) return CastTextToArray(text, ElementOf(to));
  switch (to) {
    case LogicalType::kBool:
      return ParsedOrThrow(ParseBool(text), text, to, "booleans are true, false, yes, no, on, off, 1 and 0",
                           [](bool value) { return Value(value); });
    case LogicalType::kSmallInt:
    case LogicalType::kInteger:
    case LogicalType::kInt:
      if (const auto value = ParseInt(text); value && FitsInteger(*value, to)) return Value::OfInt(to, *value);
      if (IsNumber(text, true)) ThrowOutOfRange(Utf8Prefix(text, 100), to);
      ThrowInvalidText(text, to, "an integer is written in decimal digits");
    case LogicalType::kReal:
    case LogicalType::kDouble:
      if (const auto value = ParseDouble(text)) return NarrowDouble(*value, to);
      if (IsNumber(text, false)) ThrowOutOfRange(Utf8Prefix(text, 100), to);
      ThrowInvalidText(text, to, "a number is written as 12.5 or 1e10");
    case LogicalType::kNumeric:
      return ParsedOrThrow(ParseNumeric(text), text, to, "a number is written as 12.5 or 1e10",
                           [&](const std::string& value) { return Value::OfText(to, value); });
    case LogicalType::kBytea:
      if (auto bytes = ParseBytea(text)) return Value::OfText(to, std::move(*bytes));
      throw Error(text.starts_with("\\x") ? ErrorCode::kInvalidArgument : ErrorCode::kInvalidText,
                  fmt::format("invalid input syntax for type bytea: \"{}\"", Utf8Prefix(text, 100)),
                  "write bytes as \\x00ff");
    case LogicalType::kDate:
    case LogicalType::kTime:
    case LogicalType::kLocalTimestamp:
    case LogicalType::kTimestamp:
      return CastTextToTime(text, to);
    case LogicalType::kInterval:
      return ParsedOrThrow(ParseInterval(text), text, to, "write it as 1 day 02:30:00",
                           [](const Interval& value) { return Value(value); });
    case LogicalType::kUuid:
      return ParsedOrThrow(Uuid::Parse(text), text, to, "a uuid is 32 hexadecimal digits in groups of 8-4-4-4-12",
                           [](const Uuid& value) { return Value(value); });
    case LogicalType::kJson:
      try {
        return Value(Document::FromJson(text));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInvalidJson) throw;
        throw Error(ErrorCode::kInvalidJson, "invalid input syntax for type json", error.hint())
            .WithDetail(error.message())
            .WithSqlState("22P02");
      }
    case LogicalType::kVector:
      return ParsedOrThrow(ParseVector(text), text, to, "a vector is written as [0.1,0.2,0.3]",
                           [](const VectorValue& value) { return Value(value); });
    default:
      ThrowNoCast(LogicalType::kText, to);
  }
}

Value CastNode(const Document& document, LogicalType to) {
  const DocumentView node = document.view();
  if (to == LogicalType::kText) return Value(WriteJsonb(node));
  if (node.IsNull()) return Value();
  if (rem::IsNumber(to)) {
    if (node.kind() == NodeKind::kInt) return CastValue(Value(node.AsInt()), to);
    if (node.kind() == NodeKind::kDouble) {
      // A number of a document is a numeric, which rounds half away from zero.
      return CastValue(Value::OfText(LogicalType::kNumeric, *ParseNumeric(FormatDouble(node.AsDouble()))), to);
    }
  }
  if (to == LogicalType::kBool && node.kind() == NodeKind::kBool) return Value(node.AsBool());
  if (to == LogicalType::kVector) {
    if (auto vector = ValueFromNode(node, LogicalType::kVector)) return std::move(*vector);
  }
  ThrowNoCast(LogicalType::kJson, to);
}

Value CastNumber(const Value& value, LogicalType to) {
  const LogicalType from = value.type();
  if (to == LogicalType::kNumeric) {
    if (IsInteger(from)) return Value::OfText(to, NumericFromInt(value.AsInt()));
    return Value::OfText(to, NumericFromDouble(value.AsDouble(), from == LogicalType::kReal ? 6 : 15));
  }
  if (to == LogicalType::kDouble || to == LogicalType::kReal) {
    return NarrowDouble(from == LogicalType::kNumeric ? NumericToDouble(value.AsNumeric()) : value.AsDouble(), to);
  }
  if (from == LogicalType::kNumeric) {
    const auto whole = NumericToInt(value.AsNumeric());
    if (!whole) ThrowOutOfRange(Utf8Prefix(value.AsNumeric(), 100), to);
    return NarrowInteger(*whole, to);
  }
  if (IsInteger(from)) return NarrowInteger(value.AsInt(), to);
  return NarrowInteger(DoubleToInt(value.AsDouble()), to);
}

bool IsInfinite(int64_t time) { return time == kTimeInfinity || time == kTimeMinusInfinity; }
int64_t FloorDays(int64_t micros) { return micros / kMicrosPerDay - (micros % kMicrosPerDay < 0); }

// Between dates, times and intervals. The session's time zone is UTC.
Value CastTime(const Value& value, LogicalType to) {
  const LogicalType from = value.type();
  if (from == LogicalType::kTime) return Value(Interval{value.AsTime(), 0, 0});
  if (from == LogicalType::kInterval) {
    const int64_t rest = value.AsInterval().micros % kMicrosPerDay;
    return Value::OfInt(to, rest < 0 ? rest + kMicrosPerDay : rest);
  }
  const int64_t raw = value.raw_int();
  if (from == LogicalType::kDate) {
    int64_t micros = 0;
    if (IsInfinite(raw)) return Value::OfInt(to, raw);
    if (__builtin_mul_overflow(raw, kMicrosPerDay, &micros))
      throw Error(ErrorCode::kInvalidDatetime, "date out of range for timestamp");
    return Value::OfInt(to, micros);
  }
  if (to == LogicalType::kDate) return Value::OfInt(to, IsInfinite(raw) ? raw : FloorDays(raw));
  if (to == LogicalType::kTime) {
    if (IsInfinite(raw)) return Value();
    return Value::OfInt(to, raw - FloorDays(raw) * kMicrosPerDay);
  }
  return Value::OfInt(to, raw);
}

Value CastArray(const Value& value, LogicalType to) {
  if (to == LogicalType::kVector) {
    VectorValue vector;
    for (const Value& item : value.AsArray()) {
      if (item.IsNull()) throw Error(ErrorCode::kInvalidText, "array must not contain nulls");
      vector.push_back(static_cast<float>(CastValue(item, LogicalType::kReal).AsDouble()));
    }
    return Value(std::move(vector));
  }
  std::vector<Value> items;
  for (const Value& item : value.AsArray()) items.push_back(CastValue(item, ElementOf(to)));
  return Value::OfArray(ElementOf(to), std::move(items));
}

bool IsDateOrTimestamp(LogicalType type) {
  return type == LogicalType::kDate || type == LogicalType::kTimestamp || type == LogicalType::kLocalTimestamp;
}

int NumberRank(LogicalType type) {
  static constexpr LogicalType kOrder[] = {LogicalType::kSmallInt, LogicalType::kInteger, LogicalType::kInt,
                                           LogicalType::kNumeric,  LogicalType::kReal,    LogicalType::kDouble};
  return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), type) - std::begin(kOrder));
}

}  // namespace

CastLevel CastLevelOf(LogicalType from, LogicalType to) {
  using enum LogicalType;
  if (from == to || from == kNull) return CastLevel::kImplicit;
  if (to == kNull || ElementOf(to) == kAny || ElementOf(to) == kAnyElement) return CastLevel::kNone;
  if (to == kText) return CastLevel::kAssignment;
  if (from == kText) return CastLevel::kExplicit;
  if (rem::IsNumber(from) && rem::IsNumber(to))
    return NumberRank(from) < NumberRank(to) ? CastLevel::kImplicit : CastLevel::kAssignment;
  if (to == kJson) return from == kBytea ? CastLevel::kNone : CastLevel::kExplicit;
  if (from == kJson) return to == kBool || to == kVector || rem::IsNumber(to) ? CastLevel::kExplicit : CastLevel::kNone;
  if (IsArray(from) && IsArray(to)) return CastLevelOf(ElementOf(from), ElementOf(to));
  if (IsArray(from)) {
    return to == kVector && rem::IsNumber(ElementOf(from)) ? CastLevel::kAssignment : CastLevel::kNone;
  }
  if (from == kVector) return to == ArrayOf(kReal) ? CastLevel::kAssignment : CastLevel::kNone;
  if (from == kBool) return to == kInteger || to == kInt ? CastLevel::kExplicit : CastLevel::kNone;
  if (to == kBool) return from == kInteger || from == kInt ? CastLevel::kExplicit : CastLevel::kNone;
  if (from == kTime) return to == kInterval ? CastLevel::kImplicit : CastLevel::kNone;
  if (from == kInterval) return to == kTime ? CastLevel::kAssignment : CastLevel::kNone;
  if (from == kDate) return IsDateOrTimestamp(to) ? CastLevel::kImplicit : CastLevel::kNone;
  if (from == kLocalTimestamp && to == kTimestamp) return CastLevel::kImplicit;
  if (IsDateOrTimestamp(from) && (to == kTime || IsDateOrTimestamp(to))) return CastLevel::kAssignment;
  return CastLevel::kNone;
}

Value CastValue(const Value& value, LogicalType to) {
  const LogicalType from = value.type();
  if (from == LogicalType::kNull || from == to) return value;
  if (CastLevelOf(from, to) == CastLevel::kNone) ThrowNoCast(from, to);
  if (from == LogicalType::kText) return CastText(value.AsText(), to);
  if (from == LogicalType::kJson) return CastNode(value.AsJson(), to);
  if (to == LogicalType::kJson) return Value(DocumentFromValue(value));
  if (to == LogicalType::kText) {
    // Shown as t and f, but cast to true and false.
    if (from == LogicalType::kBool) return Value(value.AsBool() ? "true" : "false");
    return Value(value.ToText());
  }
  if (rem::IsNumber(from) && rem::IsNumber(to)) return CastNumber(value, to);
  if (from == LogicalType::kBool) return Value::OfInt(to, value.AsBool());
  if (to == LogicalType::kBool) return Value(value.AsInt() != 0);
  if (IsArray(from)) return CastArray(value, to);
  if (from == LogicalType::kVector) {
    std::vector<Value> items;
    for (const float element : value.AsVector()) items.push_back(Value::OfDouble(LogicalType::kReal, element));
    return Value::OfArray(LogicalType::kReal, std::move(items));
  }
  return CastTime(value, to);
}

}  // namespace rem

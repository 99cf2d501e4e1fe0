#include "types/cast.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/time.h"
#include "base/utf8.h"

namespace rem {

namespace {

[[noreturn]] void ThrowNoCast(LogicalType from, LogicalType to) {
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("cannot cast type {} to {}", LogicalTypeName(from), LogicalTypeName(to)),
              "cast through text if that is what you mean");
}

[[noreturn]] void ThrowInvalidText(std::string_view text, LogicalType to, std::string_view hint) {
  throw Error(ErrorCode::kInvalidText,
              fmt::format("invalid input syntax for type {}: \"{}\"", LogicalTypeName(to), Utf8Prefix(text, 100)),
              std::string(hint));
}

[[noreturn]] void ThrowOutOfRange(std::string_view what, LogicalType to) {
  throw Error(ErrorCode::kNumericOutOfRange,
              fmt::format("value out of range for type {}: {}", LogicalTypeName(to), what),
              to == LogicalType::kInt ? "bigint holds -9223372036854775808 to 9223372036854775807"
                                      : "double precision holds up to 1.8e308");
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

bool LooksLikeTime(std::string_view text) {
  return text.size() >= 8 && text.find_first_not_of("0123456789-/:+.,TtZzUCGMutcgm ") == std::string_view::npos &&
         text[0] >= '0' && text[0] <= '9';
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
    const size_t comma = text.find(',');
    const auto element = ParseDouble(text.substr(0, comma));
    if (!element || !std::isfinite(static_cast<float>(*element))) return std::nullopt;
    vector.push_back(static_cast<float>(*element));
    if (comma == std::string_view::npos) return vector;
    text.remove_prefix(comma + 1);
  }
}

Value CastText(const std::string& text, LogicalType to) {
  switch (to) {
    case LogicalType::kBool:
      if (const auto value = ParseBool(text)) return Value(*value);
      ThrowInvalidText(text, to, "booleans are true, false, yes, no, on, off, 1 and 0");
    case LogicalType::kInt:
      if (const auto value = ParseInt(text)) return Value(*value);
      if (IsNumber(text, true)) ThrowOutOfRange(Utf8Prefix(text, 100), to);
      ThrowInvalidText(text, to, "a bigint is written in decimal digits");
    case LogicalType::kDouble:
      if (const auto value = ParseDouble(text)) return Value(*value);
      if (IsNumber(text, false)) ThrowOutOfRange(Utf8Prefix(text, 100), to);
      ThrowInvalidText(text, to, "a number is written as 12.5 or 1e10");
    case LogicalType::kTimestamp:
      if (const auto micros = ParseTimestampMicros(text)) return Value(Timestamp{*micros});
      if (LooksLikeTime(text)) {
        throw Error(ErrorCode::kInvalidDatetime,
                    fmt::format("date or time does not exist: \"{}\"", Utf8Prefix(text, 100)),
                    "write it as 2026-11-21T10:00:00Z, with a date of the calendar");
      }
      ThrowInvalidText(text, to, "write it as 2026-11-21T10:00:00Z");
    case LogicalType::kUuid:
      if (const auto uuid = Uuid::Parse(text)) return Value(*uuid);
      ThrowInvalidText(text, to, "a uuid is 32 hexadecimal digits in groups of 8-4-4-4-12");
    case LogicalType::kJson:
      return Value(Document::FromJson(text));
    case LogicalType::kVector:
      if (auto vector = ParseVector(text)) return Value(std::move(*vector));
      ThrowInvalidText(text, to, "a vector is written as [0.1,0.2,0.3]");
    default:
      ThrowNoCast(LogicalType::kText, to);
  }
}

Value CastNode(const Document& document, LogicalType to) {
  const DocumentView node = document.view();
  if (to == LogicalType::kText) return Value(node.ToJson());
  if (node.IsNull()) return Value();
  switch (to) {
    case LogicalType::kBool:
      if (node.kind() == NodeKind::kBool) return Value(node.AsBool());
      break;
    case LogicalType::kInt:
      if (node.kind() == NodeKind::kInt) return Value(node.AsInt());
      if (node.kind() == NodeKind::kDouble) return Value(DoubleToInt(node.AsDouble()));
      break;
    case LogicalType::kDouble:
      if (node.IsNumber()) return Value(node.AsDouble());
      break;
    case LogicalType::kVector:
      if (auto vector = ValueFromNode(node, LogicalType::kVector)) return std::move(*vector);
      break;
    default:
      break;
  }
  ThrowNoCast(LogicalType::kJson, to);
}

}  // namespace

Value CastValue(const Value& value, LogicalType to) {
  const LogicalType from = value.type();
  if (from == LogicalType::kNull || from == to) return value;
  if (to == LogicalType::kNull) ThrowNoCast(from, to);
  if (from == LogicalType::kText) return CastText(value.AsText(), to);
  if (from == LogicalType::kJson) return CastNode(value.AsJson(), to);
  if (to == LogicalType::kJson) return Value(DocumentFromValue(value));
  if (to == LogicalType::kText) {
    // Shown as t and f, but cast to true and false.
    if (from == LogicalType::kBool) return Value(value.AsBool() ? "true" : "false");
    return Value(value.ToText());
  }
  if (from == LogicalType::kBool && to == LogicalType::kInt) return Value(static_cast<int64_t>(value.AsBool()));
  if (from == LogicalType::kInt && to == LogicalType::kBool) return Value(value.AsInt() != 0);
  if (from == LogicalType::kInt && to == LogicalType::kDouble) return Value(value.AsDouble());
  if (from == LogicalType::kDouble && to == LogicalType::kInt) return Value(DoubleToInt(value.AsDouble()));
  ThrowNoCast(from, to);
}

std::optional<Value> ValueFromNode(const DocumentView& node, LogicalType to) {
  const NodeKind kind = node.kind();
  if (to == LogicalType::kJson) return Value(Document::Copy(node));
  if (kind == NodeKind::kNull) return Value();
  switch (to) {
    case LogicalType::kNull:
    case LogicalType::kJson:
      return std::nullopt;
    case LogicalType::kBool:
      if (kind == NodeKind::kBool) return Value(node.AsBool());
      return std::nullopt;
    case LogicalType::kInt:
      if (kind == NodeKind::kInt) return Value(node.AsInt());
      // JSON Schema calls 1.0 an integer.
      if (kind == NodeKind::kDouble) {
        const double value = node.AsDouble();
        if (value >= -0x1p63 && value < 0x1p63 && value == std::trunc(value)) return Value(static_cast<int64_t>(value));
      }
      return std::nullopt;
    case LogicalType::kDouble:
      if (node.IsNumber()) return Value(node.AsDouble());
      return std::nullopt;
    case LogicalType::kText:
      if (kind == NodeKind::kText) return Value(node.AsText());
      return std::nullopt;
    case LogicalType::kTimestamp:
      if (kind == NodeKind::kText) {
        if (const auto micros = ParseTimestampMicros(node.AsText())) return Value(Timestamp{*micros});
      }
      return std::nullopt;
    case LogicalType::kUuid:
      if (kind == NodeKind::kText) {
        if (const auto uuid = Uuid::Parse(node.AsText())) return Value(*uuid);
      }
      return std::nullopt;
    case LogicalType::kVector: {
      if (kind != NodeKind::kArray) return std::nullopt;
      VectorValue vector(node.size());
      for (size_t i = 0; i < vector.size(); ++i) {
        const DocumentView element = node.At(i);
        if (!element.IsNumber()) return std::nullopt;
        vector[i] = static_cast<float>(element.AsDouble());
        if (!std::isfinite(vector[i])) return std::nullopt;
      }
      return Value(std::move(vector));
    }
  }
  return std::nullopt;
}

Document DocumentFromValue(const Value& value) {
  DocumentBuilder builder;
  switch (value.type()) {
    case LogicalType::kNull:
      return Document();
    case LogicalType::kJson:
      return value.AsJson();
    case LogicalType::kBool:
      builder.Bool(value.AsBool());
      break;
    case LogicalType::kInt:
      builder.Int(value.AsInt());
      break;
    case LogicalType::kDouble:
      // As PostgreSQL's to_jsonb: what JSON has no number for becomes its text.
      if (std::isfinite(value.AsDouble())) {
        builder.Double(value.AsDouble());
      } else {
        builder.Text(FormatDouble(value.AsDouble()));
      }
      break;
    case LogicalType::kVector:
      builder.BeginArray();
      for (const float element : value.AsVector()) builder.Double(element);
      builder.EndArray();
      break;
    case LogicalType::kText:
    case LogicalType::kTimestamp:
    case LogicalType::kUuid:
      builder.Text(value.ToText());
      break;
  }
  return builder.Finish();
}

}  // namespace rem

#include <cmath>

#include <rem/error.h>

#include "base/time.h"
#include "types/array_text.h"
#include "types/cast.h"
#include "types/datetime.h"
#include "types/numeric.h"

namespace rem {

namespace {

std::optional<int64_t> IntOfNode(const DocumentView& node) {
  if (node.kind() == NodeKind::kInt) return node.AsInt();
  if (node.kind() != NodeKind::kDouble) return std::nullopt;
  // JSON Schema calls 1.0 an integer.
  const double value = node.AsDouble();
  if (value >= -0x1p63 && value < 0x1p63 && value == std::trunc(value)) return static_cast<int64_t>(value);
  return std::nullopt;
}

std::optional<Value> VectorOfNode(const DocumentView& node) {
  if (node.kind() != NodeKind::kArray) return std::nullopt;
  VectorValue vector(node.size());
  for (size_t i = 0; i < vector.size(); ++i) {
    const DocumentView element = node.At(i);
    if (!element.IsNumber()) return std::nullopt;
    vector[i] = static_cast<float>(element.AsDouble());
    if (!std::isfinite(vector[i])) return std::nullopt;
  }
  return Value(std::move(vector));
}

std::optional<Value> ArrayOfNode(const DocumentView& node, LogicalType element) {
  if (node.kind() != NodeKind::kArray) return std::nullopt;
  std::vector<Value> items;
  for (size_t i = 0; i < node.size(); ++i) {
    auto item = ValueFromNode(node.At(i), element);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
  }
  return Value::OfArray(element, std::move(items));
}

/// JSON has no numbers for these; they are stored as texts.
std::optional<double> NotFinite(const DocumentView& node) {
  if (node.kind() != NodeKind::kText) return std::nullopt;
  const std::string_view text = node.AsText();
  if (text == "NaN") return std::nan("");
  if (text == "Infinity") return HUGE_VAL;
  return text == "-Infinity" ? std::optional(-HUGE_VAL) : std::nullopt;
}

std::optional<Value> NumberOfNode(const DocumentView& node, LogicalType to) {
  if (to == LogicalType::kDouble || to == LogicalType::kReal) {
    if (const auto number = NotFinite(node)) return Value::OfDouble(to, *number);
  }
  if (to == LogicalType::kDouble) return node.IsNumber() ? std::optional(Value(node.AsDouble())) : std::nullopt;
  if (to == LogicalType::kReal) {
    if (!node.IsNumber()) return std::nullopt;
    return Value::OfDouble(to, static_cast<float>(node.AsDouble()));
  }
  if (to == LogicalType::kNumeric) {
    std::optional<std::string> text;
    try {
      if (node.kind() == NodeKind::kText) text = ParseNumeric(node.AsText());
    } catch (const Error&) {
      return std::nullopt;
    }
    if (node.kind() == NodeKind::kInt) text = NumericFromInt(node.AsInt());
    if (node.kind() == NodeKind::kDouble) text = ParseNumeric(FormatDouble(node.AsDouble()));
    return text ? std::optional(Value::OfText(to, std::move(*text))) : std::nullopt;
  }
  const auto value = IntOfNode(node);
  if (!value || (to == LogicalType::kInteger && (*value < INT32_MIN || *value > INT32_MAX)) ||
      (to == LogicalType::kSmallInt && (*value < INT16_MIN || *value > INT16_MAX)))
    return std::nullopt;
  return Value::OfInt(to, *value);
}

std::optional<Value> TextNodeAs(std::string_view text, LogicalType to) {
  const auto of_int = [&](std::optional<int64_t> value) {
    return value ? std::optional(Value::OfInt(to, *value)) : std::nullopt;
  };
  switch (to) {
    case LogicalType::kText:
      return Value(text);
    case LogicalType::kTimestamp: {
      const auto micros = ParseTimestampMicros(text);
      return of_int(micros ? micros : ParseFarTime(text, false));
    }
    case LogicalType::kLocalTimestamp: {
      const auto micros = ParseLocalTimestamp(text);
      return of_int(micros ? micros : ParseFarTime(text, false));
    }
    case LogicalType::kDate: {
      const auto days = ParseDate(text);
      return of_int(days ? days : ParseFarTime(text, true));
    }
    case LogicalType::kTime:
      return of_int(ParseTime(text));
    case LogicalType::kInterval: {
      const auto interval = ParseInterval(text);
      return interval ? std::optional(Value(*interval)) : std::nullopt;
    }
    case LogicalType::kBytea: {
      auto bytes = ParseBytea(text);
      return bytes ? std::optional(Value::OfText(to, std::move(*bytes))) : std::nullopt;
    }
    case LogicalType::kUuid: {
      const auto uuid = Uuid::Parse(text);
      return uuid ? std::optional(Value(*uuid)) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

void AppendValue(DocumentBuilder& builder, const Value& value, bool exact) {
  if (IsArray(value.type())) {
    builder.BeginArray();
    for (const Value& item : value.AsArray()) AppendValue(builder, item, exact);
    builder.EndArray();
    return;
  }
  switch (value.type()) {
    case LogicalType::kNull:
      builder.Null();
      return;
    case LogicalType::kJson:
      builder.Copy(value.AsJson().view());
      return;
    case LogicalType::kBool:
      builder.Bool(value.AsBool());
      return;
    case LogicalType::kSmallInt:
    case LogicalType::kInteger:
    case LogicalType::kInt:
      builder.Int(value.AsInt());
      return;
    case LogicalType::kReal:
    case LogicalType::kDouble: {
      // As PostgreSQL's to_jsonb: what JSON has no number for becomes its text. A real is the shortest number of its.
      const double number = value.type() == LogicalType::kDouble ? value.AsDouble() : *ParseDouble(value.ToText());
      if (std::isfinite(number)) {
        builder.Double(number);
      } else {
        builder.Text(value.ToText());
      }
      return;
    }
    case LogicalType::kNumeric: {
      const std::string& text = value.AsNumeric();
      const bool finite = text.find_first_of("NI") == std::string::npos;
      if (exact || !finite) {
        builder.Text(text);
      } else if (const auto whole = ParseInt(text)) {
        builder.Int(*whole);
      } else {
        builder.Double(NumericToDouble(text));
      }
      return;
    }
    case LogicalType::kVector:
      builder.BeginArray();
      for (const float element : value.AsVector()) builder.Double(element);
      builder.EndArray();
      return;
    case LogicalType::kLocalTimestamp: {
      std::string text = value.ToText();
      if (const size_t space = text.find(' '); space != std::string::npos) text[space] = 'T';
      builder.Text(text);
      return;
    }
    default:
      builder.Text(value.ToText());
  }
}

}  // namespace

std::optional<Value> ValueFromNode(const DocumentView& node, LogicalType to) {
  const NodeKind kind = node.kind();
  if (to == LogicalType::kJson) return Value(Document::Copy(node));
  if (kind == NodeKind::kNull) return Value();
  if (IsArray(to)) return ArrayOfNode(node, ElementOf(to));
  if (to == LogicalType::kVector) return VectorOfNode(node);
  if (to == LogicalType::kBool) return kind == NodeKind::kBool ? std::optional(Value(node.AsBool())) : std::nullopt;
  if (IsNumber(to)) return NumberOfNode(node, to);
  return kind == NodeKind::kText ? TextNodeAs(node.AsText(), to) : std::nullopt;
}

Document DocumentFromValue(const Value& value) {
  if (value.IsNull()) return Document();
  if (value.type() == LogicalType::kJson) return value.AsJson();
  DocumentBuilder builder;
  AppendValue(builder, value, false);
  return builder.Finish();
}

Document StoredFromValue(const Value& value) {
  if (value.IsNull()) return Document();
  if (value.type() == LogicalType::kJson) return value.AsJson();
  DocumentBuilder builder;
  AppendValue(builder, value, true);
  return builder.Finish();
}

}  // namespace rem

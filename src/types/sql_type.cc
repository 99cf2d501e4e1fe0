#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/utf8.h"
#include "types/cast.h"
#include "types/datetime.h"
#include "types/numeric.h"

namespace rem {

namespace {

using enum LogicalType;

struct NamedType {
  std::string_view name;
  LogicalType type;
};
constexpr NamedType kTypes[] = {{"bool", kBool},
                                {"boolean", kBool},
                                {"int2", kSmallInt},
                                {"smallint", kSmallInt},
                                {"int4", kInteger},
                                {"int", kInteger},
                                {"integer", kInteger},
                                {"int8", kInt},
                                {"bigint", kInt},
                                {"float4", kReal},
                                {"real", kReal},
                                {"float8", kDouble},
                                {"double precision", kDouble},
                                {"numeric", kNumeric},
                                {"decimal", kNumeric},
                                {"text", kText},
                                {"varchar", kText},
                                {"character varying", kText},
                                {"bpchar", kText},
                                {"char", kText},
                                {"character", kText},
                                {"name", kText},
                                {"bytea", kBytea},
                                {"date", kDate},
                                {"time", kTime},
                                {"time without time zone", kTime},
                                {"timestamp", kLocalTimestamp},
                                {"timestamp without time zone", kLocalTimestamp},
                                {"timestamptz", kTimestamp},
                                {"timestamp with time zone", kTimestamp},
                                {"interval", kInterval},
                                {"uuid", kUuid},
                                {"json", kJson},
                                {"jsonb", kJson},
                                {"vector", kVector}};

void CheckModifier(const SqlType& out, std::string_view name) {
  const auto [first, second] = out.modifier;
  if (out.type == kNumeric) {
    if (first < 1 || first > 1000) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("NUMERIC precision {} must be between 1 and 1000", first));
    }
    if (second < -1000 || second > 1000) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("NUMERIC scale {} must be between -1000 and 1000", second));
    }
    return;
  }
  if (out.type == kTime || out.type == kTimestamp || out.type == kLocalTimestamp || out.type == kInterval) {
    // More digits than there are mean all of them.
    if (first < 0)
      throw Error(ErrorCode::kInvalidArgument, fmt::format("{}({}) precision must not be negative", name, first));
    return;
  }
  if (first < 1) throw Error(ErrorCode::kInvalidArgument, fmt::format("length for type {} must be at least 1", name));
  if (out.type != kText && out.type != kVector) {
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: {} with a precision", name),
                "cast to the type without it");
  }
}

// To `digits` digits of a second, half away from zero.
int64_t RoundMicros(int64_t micros, int digits) {
  int64_t unit = 1;
  for (int i = digits; i < 6; ++i) unit *= 10;
  const int64_t half = unit / 2;
  if (unit == 1 || micros > INT64_MAX - half || micros < INT64_MIN + half) return micros;
  return (micros >= 0 ? micros + half : micros - half) / unit * unit;
}

// The spaces at the end of a char(n) count nothing, so they are not kept.
std::string WithoutPadding(const std::string& text) { return text.substr(0, text.find_last_not_of(' ') + 1); }

}  // namespace

std::optional<SqlType> ParseSqlType(std::string_view text) {
  SqlType out;
  const bool array = text.ends_with("[]");
  if (array) text.remove_suffix(2);
  std::string_view name = text.substr(0, text.find('('));
  while (name.ends_with(' ')) name.remove_suffix(1);
  const auto* named = std::ranges::find(kTypes, name, &NamedType::name);
  if (named == std::end(kTypes)) return std::nullopt;
  out.type = named->type;
  out.padded = name == "bpchar" || name == "char" || name == "character";
  if (const size_t open = text.find('('); open != std::string_view::npos) {
    const std::string_view inside = text.substr(open + 1, text.find(')') - open - 1);
    const char* end = inside.data() + inside.size();
    const auto [at, error] = std::from_chars(inside.data(), end, out.modifier.first);
    if (error != std::errc()) return std::nullopt;
    out.modifier.second = 0;
    if (at != end) {
      const auto [last, second_error] = std::from_chars(at + 1, end, out.modifier.second);
      if (second_error != std::errc() || last != end) return std::nullopt;
    }
    CheckModifier(out, name);
  }
  if (array) {
    out.type = ArrayOf(out.type);
    if (out.modifier != TypeModifier{} && ElementOf(out.type) != kNumeric && ElementOf(out.type) != kText)
      return std::nullopt;
  }
  return out;
}

Value ApplyModifier(const Value& value, const SqlType& to, bool explicit_cast) {
  if (value.IsNull() || to.modifier == TypeModifier{}) return value;
  if (IsArray(to.type)) {
    SqlType element = to;
    element.type = ElementOf(to.type);
    std::vector<Value> items;
    for (const Value& item : value.AsArray()) items.push_back(ApplyModifier(item, element, explicit_cast));
    return Value::OfArray(element.type, std::move(items));
  }
  if (to.type == kNumeric)
    return Value::OfText(kNumeric, FitNumeric(value.AsNumeric(), to.modifier.first, to.modifier.second));
  if (to.type == kVector) {
    if (value.AsVector().size() == static_cast<size_t>(to.modifier.first)) return value;
    throw Error(ErrorCode::kDimensionMismatch,
                fmt::format("expected {} dimensions, not {}", to.modifier.first, value.AsVector().size()));
  }
  if (to.type == kInterval) {
    Interval interval = value.AsInterval();
    interval.micros = RoundMicros(interval.micros, to.modifier.first);
    return Value(interval);
  }
  if (to.type != kText) {
    const bool infinite = value.raw_int() == kTimeInfinity || value.raw_int() == kTimeMinusInfinity;
    return infinite ? value : Value::OfInt(to.type, RoundMicros(value.raw_int(), to.modifier.first));
  }
  const std::string& text = value.AsText();
  const auto limit = static_cast<size_t>(to.modifier.first);
  const size_t length = Utf8Length(text);
  if (length <= limit) return to.padded ? Value(WithoutPadding(text)) : value;
  size_t end = 0;
  for (size_t i = 0; i < limit; ++i) NextCodePoint(text, end);
  // Spaces behind the end are cut without a word, as the standard asks.
  if (!explicit_cast && text.find_first_not_of(' ', end) != std::string::npos) {
    throw Error(ErrorCode::kTextTooLong,
                fmt::format("value too long for type character{}({})", to.padded ? "" : " varying", limit));
  }
  return Value(to.padded ? WithoutPadding(text.substr(0, end)) : text.substr(0, end));
}

}  // namespace rem

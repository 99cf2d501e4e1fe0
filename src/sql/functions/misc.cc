#include <algorithm>

#include "sql/functions/by_value.h"
#include "sql/functions/server_info.h"
#include "types/cast.h"
#include "types/compare.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// NULLs are left out; all of them give NULL.
template <bool greatest>
Value Extreme(const Value* a, size_t count, LogicalType) {
  const Value* best = nullptr;
  for (size_t i = 0; i < count; ++i) {
    if (a[i].IsNull()) continue;
    if (best == nullptr || (greatest ? CompareValues(a[i], *best) > 0 : CompareValues(a[i], *best) < 0)) best = &a[i];
  }
  return best == nullptr ? Value() : *best;
}
template <bool nulls>
Value CountNulls(const Value* a, size_t count, LogicalType type) {
  return Value::OfInt(type, std::count_if(a, a + count, [](const Value& value) { return value.IsNull() == nulls; }));
}
Value ConcatWs(const Value* a, size_t count, LogicalType) {
  if (a[0].IsNull()) return Value();
  std::string out;
  bool first = true;
  for (size_t i = 1; i < count; ++i) {
    if (a[i].IsNull()) continue;
    if (!first) out += a[0].AsText();
    first = false;
    out += a[i].ToText();
  }
  return Value(std::move(out));
}

void TypeOf(KernelCall& call) {
  // PostgreSQL's long names.
  std::string name(LogicalTypeName(call.in[0]->type()));
  const bool array = IsArray(call.in[0]->type());
  if (array) name.resize(name.size() - 2);
  if (name == "timestamptz") name = "timestamp with time zone";
  if (name == "timestamp") name = "timestamp without time zone";
  if (name == "time") name = "time without time zone";
  if (array) name += "[]";
  const std::string_view text = call.out->arena().Copy(name);
  std::string_view* out = call.out->data<std::string_view>();
  ForEachRow(call, [&](size_t row) { out[row] = text; });
}

// A row as PostgreSQL writes it: (1,"a b",) where NULL is nothing.
Value RowText(const Value* a, size_t count, LogicalType) {
  std::string out = "(";
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    if (a[i].IsNull()) continue;
    const std::string text = a[i].ToText();
    if (!text.empty() && text.find_first_of("\"\\(), \t\n\r\v\f") == std::string::npos) {
      out += text;
      continue;
    }
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += c;
      out += c;
    }
    out += '"';
  }
  return Value(out + ")");
}

Value JsonArray(const Value* a, size_t count, LogicalType) {
  DocumentBuilder builder;
  builder.BeginArray();
  for (size_t i = 0; i < count; ++i) builder.Copy(DocumentFromValue(a[i]).view());
  builder.EndArray();
  return Value(builder.Finish());
}
Value JsonObject(const Value* a, size_t count, LogicalType) {
  if (count % 2 != 0) {
    throw Error(ErrorCode::kInvalidArgument, "argument list must have even number of elements",
                "The arguments of jsonb_build_object() must consist of alternating keys and values.");
  }
  // The last of equal keys counts.
  std::vector<std::pair<std::string, const Value*>> members;
  for (size_t i = 0; i < count; i += 2) {
    if (a[i].IsNull())
      throw Error(ErrorCode::kInvalidArgument, "argument " + std::to_string(i + 1) + ": key must not be null");
    std::string key = a[i].type() == kBool ? (a[i].AsBool() ? "true" : "false") : a[i].ToText();
    std::erase_if(members, [&](const auto& member) { return member.first == key; });
    members.emplace_back(std::move(key), &a[i + 1]);
  }
  DocumentBuilder builder;
  builder.BeginObject();
  for (const auto& [key, value] : members) {
    builder.Key(key);
    builder.Copy(DocumentFromValue(*value).view());
  }
  builder.EndObject();
  return Value(builder.Finish());
}

}  // namespace

void AddMiscFunctions(std::vector<Function>& out) {
  const auto variadic = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result,
                            Kernel kernel) {
    out.push_back({name, std::move(arguments), result, kernel, false, Volatility::kImmutable, false, true});
  };
  variadic("greatest", {kAnyElement}, kAnyElement, ByValue<Extreme<true>>);
  variadic("least", {kAnyElement}, kAnyElement, ByValue<Extreme<false>>);
  variadic("num_nulls", {kAny}, kInteger, ByValue<CountNulls<true>>);
  variadic("num_nonnulls", {kAny}, kInteger, ByValue<CountNulls<false>>);
  variadic("concat_ws", {kText, kAny}, kText, ByValue<ConcatWs>);
  variadic("json_build_array", {kAny}, kJson, ByValue<JsonArray>);
  variadic("json_build_object", {kAny}, kJson, ByValue<JsonObject>);
  variadic("jsonb_build_array", {kAny}, kJson, ByValue<JsonArray>);
  variadic("jsonb_build_object", {kAny}, kJson, ByValue<JsonObject>);
  out.push_back({"row text", {kAny}, kText, ByValue<RowText>, false, Volatility::kImmutable, true, true});
  AddServerInfoFunctions(out);
  out.push_back({"pg_typeof", {kAny}, kText, TypeOf, false});
}

}  // namespace rem::sql

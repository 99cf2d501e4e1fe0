#include <algorithm>

#include "sql/functions/by_value.h"
#include "types/compare.h"

namespace rem::sql {

namespace {

using enum LogicalType;

constexpr LogicalType kAnyArray = ArrayOf(kAnyElement);

/// Most items that a function may put into an array.
constexpr size_t kMaxItems = 10'000'000;

bool Equal(const Value& a, const Value& b) {
  if (a.IsNull() || b.IsNull()) return a.IsNull() && b.IsNull();
  return CompareValues(a, b) == 0;
}

Value Make(LogicalType array, std::vector<Value> items) {
  if (items.size() > kMaxItems) throw Error(ErrorCode::kLimitExceeded, "array size exceeds the maximum allowed");
  return Value::OfArray(ElementOf(array), std::move(items));
}

Value Construct(const Value* a, size_t count, LogicalType type) { return Make(type, std::vector<Value>(a, a + count)); }
Value Cardinality(const Value* a, size_t, LogicalType type) {
  return Value::OfInt(type, static_cast<int64_t>(a[0].AsArray().size()));
}
// Arrays have one dimension; an empty one has none.
Value Length(const Value* a, size_t, LogicalType type) {
  if (a[1].AsInt() != 1 || a[0].AsArray().empty()) return Value();
  return Value::OfInt(type, static_cast<int64_t>(a[0].AsArray().size()));
}
Value Lower(const Value* a, size_t, LogicalType type) {
  if (a[1].AsInt() != 1 || a[0].AsArray().empty()) return Value();
  return Value::OfInt(type, 1);
}
Value Dimensions(const Value* a, size_t, LogicalType type) {
  return a[0].AsArray().empty() ? Value() : Value::OfInt(type, 1);
}
Value Subscript(const Value* a, size_t, LogicalType) {
  const auto& items = a[0].AsArray();
  const int64_t at = a[1].AsInt();
  return at < 1 || at > static_cast<int64_t>(items.size()) ? Value() : items[static_cast<size_t>(at - 1)];
}

// array[low:high]
Value Slice(const Value* a, size_t, LogicalType type) {
  const auto& items = a[0].AsArray();
  const int64_t low = std::max<int64_t>(a[1].AsInt(), 1);
  const int64_t high = std::min<int64_t>(a[2].AsInt(), static_cast<int64_t>(items.size()));
  if (low > high) return Make(type, {});
  return Make(type, std::vector<Value>(items.begin() + (low - 1), items.begin() + high));
}

std::vector<Value> ItemsOf(const Value& array) { return array.IsNull() ? std::vector<Value>{} : array.AsArray(); }
Value Append(const Value* a, size_t, LogicalType type) {
  std::vector<Value> items = ItemsOf(a[0]);
  items.push_back(a[1]);
  return Make(type, std::move(items));
}
Value Prepend(const Value* a, size_t, LogicalType type) {
  std::vector<Value> items = ItemsOf(a[1]);
  items.insert(items.begin(), a[0]);
  return Make(type, std::move(items));
}
Value Concatenate(const Value* a, size_t, LogicalType type) {
  if (a[0].IsNull()) return a[1];
  if (a[1].IsNull()) return a[0];
  std::vector<Value> items = a[0].AsArray();
  items.insert(items.end(), a[1].AsArray().begin(), a[1].AsArray().end());
  return Make(type, std::move(items));
}
Value Remove(const Value* a, size_t, LogicalType type) {
  if (a[0].IsNull()) return Value();
  std::vector<Value> items = a[0].AsArray();
  std::erase_if(items, [&](const Value& item) { return Equal(item, a[1]); });
  return Make(type, std::move(items));
}
Value Replace(const Value* a, size_t, LogicalType type) {
  if (a[0].IsNull()) return Value();
  std::vector<Value> items = a[0].AsArray();
  for (Value& item : items) {
    if (Equal(item, a[1])) item = a[2];
  }
  return Make(type, std::move(items));
}
Value Position(const Value* a, size_t, LogicalType type) {
  if (a[0].IsNull()) return Value();
  const auto& items = a[0].AsArray();
  const auto it = std::ranges::find_if(items, [&](const Value& item) { return Equal(item, a[1]); });
  return it == items.end() ? Value() : Value::OfInt(type, it - items.begin() + 1);
}
Value Positions(const Value* a, size_t, LogicalType type) {
  if (a[0].IsNull()) return Value();
  std::vector<Value> found;
  const auto& items = a[0].AsArray();
  for (size_t i = 0; i < items.size(); ++i) {
    if (Equal(items[i], a[1])) found.push_back(Value::OfInt(ElementOf(type), static_cast<int64_t>(i) + 1));
  }
  return Make(type, std::move(found));
}

Value DimensionText(const Value* a, size_t, LogicalType) {
  if (a[0].AsArray().empty()) return Value();
  return Value("[1:" + std::to_string(a[0].AsArray().size()) + "]");
}
Value Trim(const Value* a, size_t, LogicalType type) {
  std::vector<Value> items = a[0].AsArray();
  const int64_t count = a[1].AsInt(), size = static_cast<int64_t>(items.size());
  if (count < 0 || count > size) {
    throw Error(ErrorCode::kInvalidArgument, "number of elements to trim must be between 0 and " + std::to_string(size))
        .WithSqlState("2202E");
  }
  items.resize(static_cast<size_t>(size - count));
  return Make(type, std::move(items));
}
Value Fill(const Value* a, size_t count, LogicalType type) {
  if (a[1].IsNull() || (count > 2 && a[2].IsNull()))
    throw Error(ErrorCode::kInvalidArgument, "dimension array or low bound array cannot be null").WithSqlState("22004");
  const auto& sizes = a[1].AsArray();
  if (sizes.empty()) return Make(type, {});
  if (sizes[0].IsNull())
    throw Error(ErrorCode::kInvalidArgument, "dimension values cannot be null").WithSqlState("22004");
  if (sizes.size() > 1)
    throw Error(ErrorCode::kNotSupported, "not supported yet: arrays of more than one dimension", "use jsonb");
  if (count > 2 && (a[2].AsArray().size() != 1 || a[2].AsArray()[0].IsNull() || a[2].AsArray()[0].AsInt() != 1))
    throw Error(ErrorCode::kNotSupported, "not supported yet: arrays that do not begin at 1", "leave out the bounds");
  const int64_t size = sizes[0].AsInt();
  if (size < 0 || size > static_cast<int64_t>(kMaxItems))
    throw Error(ErrorCode::kLimitExceeded, "array size exceeds the maximum allowed");
  return Make(type, std::vector<Value>(static_cast<size_t>(size), a[0]));
}
// array_position from a subscript on.
Value PositionFrom(const Value* a, size_t, LogicalType type) {
  if (a[0].IsNull()) return Value();
  if (a[2].IsNull())
    throw Error(ErrorCode::kInvalidArgument, "initial position must not be null").WithSqlState("22004");
  const auto& items = a[0].AsArray();
  for (size_t i = static_cast<size_t>(std::max<int64_t>(a[2].AsInt(), 1) - 1); i < items.size(); ++i) {
    if (Equal(items[i], a[1])) return Value::OfInt(type, static_cast<int64_t>(i) + 1);
  }
  return Value();
}

// NULL items equal nothing here.
bool Holds(const std::vector<Value>& items, const Value& one) {
  return !one.IsNull() &&
         std::ranges::any_of(items, [&](const Value& item) { return !item.IsNull() && CompareValues(item, one) == 0; });
}
Value Contains(const Value* a, size_t, LogicalType) {
  return Value(std::ranges::all_of(a[1].AsArray(), [&](const Value& item) { return Holds(a[0].AsArray(), item); }));
}
Value ContainedIn(const Value* a, size_t count, LogicalType type) {
  const Value swapped[] = {a[1], a[0]};
  return Contains(swapped, count, type);
}
Value Overlaps(const Value* a, size_t, LogicalType) {
  return Value(std::ranges::any_of(a[1].AsArray(), [&](const Value& item) { return Holds(a[0].AsArray(), item); }));
}

Value ToString(const Value* a, size_t count, LogicalType) {
  if (a[0].IsNull() || a[1].IsNull()) return Value();
  std::string out;
  bool first = true;
  for (const Value& item : a[0].AsArray()) {
    if (item.IsNull() && (count < 3 || a[2].IsNull())) continue;
    if (!first) out += a[1].AsText();
    first = false;
    out += item.IsNull() ? a[2].AsText() : item.ToText();
  }
  return Value(std::move(out));
}
Value FromString(const Value* a, size_t count, LogicalType type) {
  if (a[0].IsNull()) return Value();
  const std::string& text = a[0].AsText();
  std::vector<Value> items;
  const auto add = [&](std::string_view item) {
    const bool null = count == 3 && !a[2].IsNull() && item == a[2].AsText();
    items.push_back(null ? Value() : Value(item));
  };
  if (text.empty()) return Make(type, {});
  if (a[1].IsNull()) {
    for (size_t at = 0; at < text.size();) {
      size_t end = at + 1;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
      add(std::string_view(text).substr(at, end - at));
      at = end;
    }
    return Make(type, std::move(items));
  }
  const std::string& separator = a[1].AsText();
  if (separator.empty()) {
    add(text);
    return Make(type, std::move(items));
  }
  size_t at = 0;
  for (;;) {
    const size_t next = text.find(separator, at);
    add(std::string_view(text).substr(at, next == std::string::npos ? next : next - at));
    if (next == std::string::npos) return Make(type, std::move(items));
    at = next + separator.size();
  }
}

enum class Op { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
bool Test(Op op, std::strong_ordering order) {
  switch (op) {
    case Op::kEqual:
      return order == 0;
    case Op::kNotEqual:
      return order != 0;
    case Op::kLess:
      return order < 0;
    case Op::kLessOrEqual:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    case Op::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}
// x op ANY (array): true, else NULL where a NULL was among the items, else false; ALL the other way round.
template <Op op, bool any>
Value Quantified(const Value* a, size_t, LogicalType) {
  if (a[1].IsNull()) return Value();
  if (a[1].AsArray().empty()) return Value(!any);
  if (a[0].IsNull()) return Value();
  bool null = false;
  for (const Value& item : a[1].AsArray()) {
    if (item.IsNull()) {
      null = true;
    } else if (Test(op, CompareValues(a[0], item)) == any) {
      return Value(any);
    }
  }
  return null ? Value() : Value(!any);
}
template <Op op>
void AddQuantified(std::vector<Function>& out, std::string_view any, std::string_view all) {
  const std::vector<LogicalType> arguments = {kAnyElement, kAnyArray};
  out.push_back({any, arguments, kBool, ByValue<Quantified<op, true>>, false, Volatility::kImmutable, true});
  out.push_back({all, arguments, kBool, ByValue<Quantified<op, false>>, false, Volatility::kImmutable, true});
}

// SET a[i] = x: behind the end it is filled up with NULL.
Value SetElement(const Value* a, size_t, LogicalType type) {
  if (a[1].IsNull()) {
    throw Error(ErrorCode::kInvalidArgument, "array subscript in assignment must not be null", "name an element")
        .WithSqlState("22004");
  }
  constexpr int64_t kMaxElements = 10'000'000;
  const int64_t index = a[1].AsInt();
  std::vector<Value> items;
  if (!a[0].IsNull()) items = a[0].AsArray();
  if (index < 1 || (items.empty() && index != 1)) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: arrays whose first element is not number 1",
                "assign the whole array");
  }
  if (index > kMaxElements)
    throw Error(ErrorCode::kLimitExceeded, "array size exceeds the maximum allowed", "arrays have at most 10,000,000");
  if (items.size() < static_cast<size_t>(index)) items.resize(static_cast<size_t>(index));
  items[static_cast<size_t>(index) - 1] = a[2];
  return Value::OfArray(ElementOf(type), std::move(items));
}

}  // namespace

void AddArrayFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       bool strict = true) {
    out.push_back({name, std::move(arguments), result, kernel, strict});
  };
  out.push_back({"array", {kAnyElement}, kAnyArray, ByValue<Construct>, false, Volatility::kImmutable, true, true});
  out.push_back({"slice", {kAnyArray, kInt, kInt}, kAnyArray, ByValue<Slice>, true, Volatility::kImmutable, true});
  out.push_back({"subscript", {kAnyArray, kInt}, kAnyElement, ByValue<Subscript>, true, Volatility::kImmutable, true});
  add("cardinality", {kAnyArray}, kInteger, ByValue<Cardinality>);
  add("array_length", {kAnyArray, kInt}, kInteger, ByValue<Length>);
  add("array_upper", {kAnyArray, kInt}, kInteger, ByValue<Length>);
  add("array_lower", {kAnyArray, kInt}, kInteger, ByValue<Lower>);
  add("array_ndims", {kAnyArray}, kInteger, ByValue<Dimensions>);
  add("array_append", {kAnyArray, kAnyElement}, kAnyArray, ByValue<Append>, false);
  add("array_prepend", {kAnyElement, kAnyArray}, kAnyArray, ByValue<Prepend>, false);
  add("array_cat", {kAnyArray, kAnyArray}, kAnyArray, ByValue<Concatenate>, false);
  add("||", {kAnyArray, kAnyArray}, kAnyArray, ByValue<Concatenate>, false);
  add("||", {kAnyArray, kAnyElement}, kAnyArray, ByValue<Append>, false);
  add("||", {kAnyElement, kAnyArray}, kAnyArray, ByValue<Prepend>, false);
  add("array_remove", {kAnyArray, kAnyElement}, kAnyArray, ByValue<Remove>, false);
  add("array_replace", {kAnyArray, kAnyElement, kAnyElement}, kAnyArray, ByValue<Replace>, false);
  add("set element", {kAnyArray, kInteger, kAnyElement}, kAnyArray, ByValue<SetElement>, false);
  add("array_position", {kAnyArray, kAnyElement}, kInteger, ByValue<Position>, false);
  add("array_position", {kAnyArray, kAnyElement, kInteger}, kInteger, ByValue<PositionFrom>, false);
  add("array_dims", {kAnyArray}, kText, ByValue<DimensionText>);
  add("trim_array", {kAnyArray, kInteger}, kAnyArray, ByValue<Trim>);
  add("array_fill", {kAnyElement, ArrayOf(kInteger)}, kAnyArray, ByValue<Fill>, false);
  add("array_fill", {kAnyElement, ArrayOf(kInteger), ArrayOf(kInteger)}, kAnyArray, ByValue<Fill>, false);
  add("array_positions", {kAnyArray, kAnyElement}, ArrayOf(kInteger), ByValue<Positions>, false);
  add("@>", {kAnyArray, kAnyArray}, kBool, ByValue<Contains>);
  add("<@", {kAnyArray, kAnyArray}, kBool, ByValue<ContainedIn>);
  add("&&", {kAnyArray, kAnyArray}, kBool, ByValue<Overlaps>);
  add("array_to_string", {kAnyArray, kText}, kText, ByValue<ToString>, false);
  add("array_to_string", {kAnyArray, kText, kText}, kText, ByValue<ToString>, false);
  add("string_to_array", {kText, kText}, ArrayOf(kText), ByValue<FromString>, false);
  add("string_to_array", {kText, kText, kText}, ArrayOf(kText), ByValue<FromString>, false);
  AddQuantified<Op::kEqual>(out, "= any", "= all");
  AddQuantified<Op::kNotEqual>(out, "<> any", "<> all");
  AddQuantified<Op::kLess>(out, "< any", "< all");
  AddQuantified<Op::kLessOrEqual>(out, "<= any", "<= all");
  AddQuantified<Op::kGreater>(out, "> any", "> all");
  AddQuantified<Op::kGreaterOrEqual>(out, ">= any", ">= all");
}

}  // namespace rem::sql

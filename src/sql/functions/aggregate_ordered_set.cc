#include <cmath>

#include <fmt/format.h>

#include "sql/functions/collected_items.h"
#include "types/compare.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// percentile_cont, percentile_disc and mode: the values in their order, and the fraction or the array of fractions.
struct OrderedValues {
  CollectedItems values;
  CollectedItems fraction;  // One item, or those of an array.
  bool asked;               // The fraction is known.
  bool null_array;
};

void Collect(AggregateUpdate& update) {
  const Column& values = *update.in[0];
  ForEachState<OrderedValues>(update, [&](OrderedValues& state, size_t row) {
    if (values.IsNull(row)) return;
    state.values.Add(values.Get(row), *update.arena);
    if (update.in.size() == 1 || state.asked) return;
    state.asked = true;
    const Value fraction = update.in[1]->Get(row);
    if (!IsArray(update.in[1]->type())) return state.fraction.Add(fraction, *update.arena);
    state.null_array = fraction.IsNull();
    if (state.null_array) return;
    for (const Value& one : fraction.AsArray()) state.fraction.Add(one, *update.arena);
  });
}

std::vector<Value> ItemsOf(const CollectedItems& items, LogicalType type) { return DecodeArray(items.Cell(), type); }

// The place `fraction` of the way from the first to the last of the values.
using Pick = Value (*)(const std::vector<Value>& values, double fraction, LogicalType type);

Value Between(const std::vector<Value>& values, double fraction, LogicalType type) {
  const double place = fraction * static_cast<double>(values.size() - 1);
  const auto first = static_cast<size_t>(std::floor(place)), second = static_cast<size_t>(std::ceil(place));
  if (first == second) return values[first];
  const double part = place - static_cast<double>(first);
  if (type == kDouble) {
    const double low = values[first].AsDouble(), high = values[second].AsDouble();
    return Value(low + part * (high - low));
  }
  const auto negated = NegateInterval(values[first].AsInterval());
  const auto distance = negated ? AddIntervals(values[second].AsInterval(), *negated) : std::nullopt;
  const auto step = distance ? ScaleInterval(*distance, part) : std::nullopt;
  const auto sum = step ? AddIntervals(*step, values[first].AsInterval()) : std::nullopt;
  if (!sum) throw Error(ErrorCode::kInvalidDatetime, "interval out of range");
  return Value(*sum);
}
Value FirstBeyond(const std::vector<Value>& values, double fraction, LogicalType) {
  const auto row = static_cast<size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  return values[row == 0 ? 0 : row - 1];
}

Value PickOne(Pick pick, const std::vector<Value>& values, const Value& fraction, LogicalType type) {
  if (fraction.IsNull()) return Value();
  const double at = fraction.AsDouble();
  if (!(at >= 0 && at <= 1))
    throw Error(ErrorCode::kNumericOutOfRange, fmt::format("percentile value {} is not between 0 and 1", at),
                "0.5 is the median");
  return pick(values, at, type);
}

// An array of fractions gives the array of their values.
template <Pick pick>
void FinishArray(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& ordered = StateOf<OrderedValues>(state);
  if (ordered.values.count == 0 || ordered.null_array) return out.SetNull(row);
  try {
    const LogicalType type = ElementOf(out.type());
    const std::vector<Value> values = ItemsOf(ordered.values, type);
    std::vector<Value> picked;
    if (ordered.fraction.count > 0) {
      for (const Value& fraction : ItemsOf(ordered.fraction, kDouble))
        picked.push_back(PickOne(pick, values, fraction, type));
    }
    out.Set(row, Value::OfArray(type, std::move(picked)));
  } catch (const Error& error) {
    failure.Set(row, error);
  }
}

template <Pick pick>
void Finish(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& ordered = StateOf<OrderedValues>(state);
  if (ordered.values.count == 0) return out.SetNull(row);
  try {
    const std::vector<Value> values = ItemsOf(ordered.values, out.type());
    out.Set(row, PickOne(pick, values, ItemsOf(ordered.fraction, kDouble)[0], out.type()));
  } catch (const Error& error) {
    failure.Set(row, error.code(), error.message(), error.hint());
  }
}

Value MostFrequent(const std::vector<Value>& values) {
  size_t best = 0, best_count = 0;
  for (size_t first = 0; first < values.size();) {
    size_t next = first + 1;
    while (next < values.size() && CompareValues(values[first], values[next]) == 0) ++next;
    if (next - first > best_count) {
      best = first;
      best_count = next - first;
    }
    first = next;
  }
  return values[best];
}
void FinishMode(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& ordered = StateOf<OrderedValues>(state);
  if (ordered.values.count == 0) return out.SetNull(row);
  out.Set(row, MostFrequent(ItemsOf(ordered.values, out.type())));
}

}  // namespace

void AddOrderedSetAggregates(std::vector<AggregateFunction>& out) {
  const auto add = [&](std::string_view name, std::vector<LogicalType> arguments, LogicalType result, auto finish) {
    out.push_back(
        {name, std::move(arguments), result, sizeof(OrderedValues), Collect, nullptr, finish, false, true, true});
  };
  add("percentile_cont", {kDouble, kDouble}, kDouble, Finish<Between>);
  add("percentile_cont", {kInterval, kDouble}, kInterval, Finish<Between>);
  add("percentile_disc", {kAnyElement, kDouble}, kAnyElement, Finish<FirstBeyond>);
  const LogicalType fractions = ArrayOf(kDouble);
  add("percentile_cont", {kDouble, fractions}, fractions, FinishArray<Between>);
  add("percentile_cont", {kInterval, fractions}, ArrayOf(kInterval), FinishArray<Between>);
  add("percentile_disc", {kAnyElement, fractions}, ArrayOf(kAnyElement), FinishArray<FirstBeyond>);
  add("mode", {kAnyElement}, kAnyElement, FinishMode);
}

}  // namespace rem::sql

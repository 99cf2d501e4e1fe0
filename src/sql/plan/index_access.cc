#include "sql/plan/index_access.h"

#include <algorithm>
#include <cmath>

#include "types/compare.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// The value as the index holds it; nullopt when no value of the index type equals it.
std::optional<Value> AsIndexed(Value value, LogicalType type) {
  if (value.IsNull() || value.type() == type) return value;
  if (IsInteger(value.type()) && IsInteger(type)) return Value(value.AsInt());
  if (value.type() == kInt && type == kDouble) return Value(value.AsDouble());
  if (value.type() == kDouble && type == kInt) {
    const double number = value.AsDouble();
    if (number >= -0x1p53 && number <= 0x1p53 && number == std::trunc(number))
      return Value(static_cast<int64_t>(number));
  }
  return std::nullopt;
}

bool IsExactIn(const Value& value, LogicalType type) {
  return value.type() != kInt || type != kDouble ||
         (value.AsInt() > -(int64_t{1} << 53) && value.AsInt() < (int64_t{1} << 53));
}

bool BoundOf(const std::optional<IndexAccess::Bound>& bound, LogicalType type, const FixedEvaluator& evaluate,
             std::optional<IndexRange::Bound>& out) {
  if (!bound) return true;
  const Value value = evaluate(*bound->value);
  if (value.IsNull()) return false;
  const auto indexed = AsIndexed(value, type);
  if (indexed) out = IndexRange::Bound{*indexed, bound->inclusive || !IsExactIn(value, type)};
  return true;
}

}  // namespace

std::vector<IndexRange> RangesOf(const IndexAccess& access, const Table& table, const FixedEvaluator& evaluate) {
  const LogicalType type = table.indexes[access.index].field.type;
  std::vector<IndexRange> ranges;
  if (!access.points.empty()) {
    std::vector<Value> values;
    values.reserve(access.points.size());
    for (const ExprPtr& point : access.points) {
      auto value = AsIndexed(evaluate(*point), type);
      if (value && !value->IsNull()) values.push_back(std::move(*value));
    }
    if (values.size() > 1) {
      std::ranges::sort(values, [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
      values.erase(std::unique(values.begin(), values.end()), values.end());
    }
    ranges.reserve(values.size());
    for (Value& value : values) {
      IndexRange& range = ranges.emplace_back();
      range.lower = IndexRange::Bound{std::move(value), true};
      range.upper = range.lower;
    }
    return ranges;
  }
  IndexRange range;
  range.text_prefix = access.text_prefix;
  range.only_nulls = access.only_nulls;
  range.with_nulls = access.whole() || access.only_nulls;
  if (!BoundOf(access.lower, type, evaluate, range.lower) || !BoundOf(access.upper, type, evaluate, range.upper))
    return {};
  // A bound that the index type cannot hold is left out; NULLs never satisfy a comparison.
  ranges.push_back(std::move(range));
  return ranges;
}

std::vector<Uuid> IdsOf(const std::vector<ExprPtr>& ids, const FixedEvaluator& evaluate) {
  std::vector<Uuid> uuids;
  for (const ExprPtr& id : ids) {
    const Value value = evaluate(*id);
    if (!value.IsNull()) uuids.push_back(value.AsUuid());
  }
  std::ranges::sort(uuids);
  uuids.erase(std::unique(uuids.begin(), uuids.end()), uuids.end());
  return uuids;
}

}  // namespace rem::sql

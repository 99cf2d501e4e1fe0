#include "sql/plan/access_estimate.h"

#include <algorithm>
#include <cmath>

#include "types/compare.h"

namespace rem::sql {

namespace {

/// What LIKE 'abc%' is taken to find where the histogram does not say.
constexpr double kPrefixShare = 0.05;
/// A long list is guessed from its beginning.
constexpr size_t kMostPoints = 100;
/// A range that the sample has no value of is not empty for that.
constexpr double kLeastShare = 1e-4;

bool Comparable(LogicalType a, LogicalType b) { return a == b || (IsNumber(a) && IsNumber(b)); }

double Clamp(double part) { return std::clamp(part, 0.0, 1.0); }

/// The part of the values between the bounds that is less than `value`.
double Below(const std::vector<Value>& bounds, const Value& value) {
  if (bounds.size() < 2) return 0.5;
  const auto less = [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; };
  const auto at = static_cast<size_t>(std::lower_bound(bounds.begin(), bounds.end(), value, less) - bounds.begin());
  if (at == 0) return 0;
  if (at == bounds.size()) return 1;
  double within = 0.5;
  const Value& low = bounds[at - 1];
  const Value& high = bounds[at];
  const auto at_value = PlaceOf(value), at_low = PlaceOf(low), at_high = PlaceOf(high);
  if (at_value && at_low && at_high && *at_high > *at_low) within = Clamp((*at_value - *at_low) / (*at_high - *at_low));
  return (static_cast<double>(at - 1) + within) / static_cast<double>(bounds.size() - 1);
}

// The least text above all that begin with `prefix`; nullopt where there is none.
std::optional<Value> AbovePrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) >= 0x7f) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  ++prefix.back();
  return Value(std::move(prefix));
}

}  // namespace

std::optional<double> PlaceOf(const Value& value) {
  switch (value.type()) {
    case LogicalType::kDouble:
    case LogicalType::kReal:
      return std::isfinite(value.AsDouble()) ? std::optional(value.AsDouble()) : std::nullopt;
    case LogicalType::kDate:
    case LogicalType::kTime:
    case LogicalType::kTimestamp:
    case LogicalType::kLocalTimestamp:
      return static_cast<double>(value.raw_int());
    default:
      return IsInteger(value.type()) ? std::optional(static_cast<double>(value.raw_int())) : std::nullopt;
  }
}

double EqualShare(const ColumnStatistics& statistics, const Value* constant) {
  if (constant == nullptr) return Clamp((1 - statistics.null_fraction) / std::max(statistics.distinct, 1.0));
  if (constant->IsNull()) return 0;
  double rest = 1 - statistics.null_fraction;
  for (const auto& [common, part] : statistics.common) {
    if (Comparable(common.type(), constant->type()) && CompareValues(common, *constant) == 0) return part;
    rest -= part;
  }
  const double others = statistics.distinct - static_cast<double>(statistics.common.size());
  return others < 1 ? 0.5 / std::max(1.0, statistics.distinct * 10) : Clamp(rest / others);
}

std::optional<double> ComparedShare(const ColumnStatistics& statistics, std::string_view sign, const Value& constant) {
  if (constant.IsNull()) return 0;
  const bool less = sign[0] == '<';
  double part = 0;
  double rest = 1 - statistics.null_fraction;
  for (const auto& [common, share] : statistics.common) {
    if (!Comparable(common.type(), constant.type())) return std::nullopt;
    const auto order = CompareValues(common, constant);
    if (order == 0 ? sign.size() == 2 : (order < 0) == less) part += share;
    rest -= share;
  }
  rest = std::max(rest, 0.0);
  if (statistics.bounds.empty()) return Clamp(part + rest / 3);
  if (!Comparable(statistics.bounds[0].type(), constant.type())) return std::nullopt;
  const double below = std::clamp(Below(statistics.bounds, constant), kLeastShare, 1 - kLeastShare);
  return Clamp(part + rest * (less ? below : 1 - below));
}

double BetweenShare(const ColumnStatistics& statistics, double above_low, double below_high) {
  return std::clamp(above_low + below_high - (1 - statistics.null_fraction), kLeastShare, 1.0);
}

std::optional<double> AccessShare(const IndexAccess& access, const Table& table, const TableStatistics& statistics,
                                  const FixedEvaluator& evaluate) {
  const IndexedField& field = table.indexes[access.index].field;
  if (field.path.size() != 1) return std::nullopt;
  const auto found = statistics.columns.find(field.path[0]);
  if (found == statistics.columns.end()) return std::nullopt;
  const ColumnStatistics& column = found->second;
  if (access.only_nulls) return column.null_fraction;
  if (!access.points.empty()) {
    double share = 0;
    const size_t points = std::min(access.points.size(), kMostPoints);
    for (size_t i = 0; i < points; ++i) {
      const Value point = evaluate(*access.points[i]);
      share += EqualShare(column, &point);
    }
    return Clamp(share * static_cast<double>(access.points.size()) / static_cast<double>(points));
  }
  if (access.text_prefix) {
    const auto above = AbovePrefix(*access.text_prefix);
    const auto low = ComparedShare(column, ">=", Value(*access.text_prefix));
    const auto high = above ? ComparedShare(column, "<", *above) : std::nullopt;
    return low && high ? BetweenShare(column, *low, *high) : kPrefixShare;
  }
  std::optional<double> low, high;
  if (access.lower) low = ComparedShare(column, access.lower->inclusive ? ">=" : ">", evaluate(*access.lower->value));
  if (access.upper) high = ComparedShare(column, access.upper->inclusive ? "<=" : "<", evaluate(*access.upper->value));
  if (low && high) return BetweenShare(column, *low, *high);
  if (access.lower) return low;
  return access.upper ? high : std::optional(1.0);
}

}  // namespace rem::sql

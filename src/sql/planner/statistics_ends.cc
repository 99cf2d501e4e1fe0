#include "sql/planner/statistics_ends.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "sql/plan/access_estimate.h"

namespace rem::sql {

namespace {

/// So many changes, and such a part of the rows, leave a histogram as good as it was.
constexpr uint64_t kFewChanges = 16;
constexpr uint64_t kSmallShare = 50;
/// Entries beyond an end are counted up to this; more are guessed.
constexpr size_t kCounted = 256;
constexpr double kMostExact = 9e15;

// Between two values where that can be said, else the one that lies outside of the histogram.
Value Between(const Value& outer, const Value& inner, double towards_inner) {
  const auto from = PlaceOf(outer), to = PlaceOf(inner);
  if (!from || !to) return outer;
  const double at = *from + (*to - *from) * towards_inner;
  if (outer.type() == LogicalType::kDouble || outer.type() == LogicalType::kReal)
    return Value::OfDouble(outer.type(), at);
  return std::abs(at) < kMostExact ? Value::OfInt(outer.type(), static_cast<int64_t>(at)) : outer;
}

struct End {
  Value value;         // The outermost one.
  double entries = 0;  // Beyond the histogram.
};

// What an index has above or below a histogram; nullopt: nothing.
std::optional<End> Beyond(const Table& table, const IndexDefinition& index, const ReadView& view, const Value& bound,
                          bool above, double changes) {
  IndexRange range;
  (above ? range.lower : range.upper) = IndexRange::Bound{bound, false};
  IndexCursor outermost = view.ScanIndex(index, range, above);
  if (!outermost.Next()) return std::nullopt;
  bool cut = false;
  End end{outermost.value(&cut)};
  if (cut || end.value.type() != bound.type()) return std::nullopt;
  size_t counted = 1;
  while (counted < kCounted && outermost.Next()) ++counted;
  end.entries = static_cast<double>(counted);
  if (counted == kCounted) {
    const double guess = view.IndexShare(index, range) * static_cast<double>(table.counters->live_rows.load());
    end.entries = std::max(end.entries, std::min(guess, changes));
  }
  return end;
}

void Extend(const Table& table, const IndexDefinition& index, const ReadView& view, double changes,
            ColumnStatistics& column) {
  double histogram = 1 - column.null_fraction;
  for (const auto& [value, share] : column.common) histogram -= share;
  const double depth = std::max(
      histogram * static_cast<double>(table.counters->live_rows.load()) / static_cast<double>(column.bounds.size() - 1),
      1.0);
  for (const bool above : {true, false}) {
    const Value bound = above ? column.bounds.back() : column.bounds.front();
    const std::optional<End> end = Beyond(table, index, view, bound, above, changes);
    if (!end) continue;
    // Buckets are equally deep; less than half of one goes into the last that is there.
    const auto buckets = static_cast<size_t>(std::lround(end->entries / depth));
    std::vector<Value> added;
    for (size_t i = buckets; i > 1; --i)
      added.push_back(Between(end->value, bound, static_cast<double>(i - 1) / static_cast<double>(buckets)));
    added.push_back(end->value);
    if (buckets == 0) above ? column.bounds.pop_back() : void(column.bounds.erase(column.bounds.begin()));
    if (above) {
      column.bounds.insert(column.bounds.end(), added.begin(), added.end());
    } else {
      column.bounds.insert(column.bounds.begin(), added.rbegin(), added.rend());
    }
  }
}

}  // namespace

TableStatisticsPtr WithNewEnds(TableStatisticsPtr statistics, const Table& table, const ReadView& view) {
  if (statistics == nullptr) return nullptr;
  const uint64_t changes = table.counters->changes.load() - static_cast<uint64_t>(statistics->changes);
  const auto live = static_cast<uint64_t>(std::max<int64_t>(table.counters->live_rows.load(), 0));
  if (changes < kFewChanges || changes < live / kSmallShare) return statistics;
  auto extended = std::make_shared<TableStatistics>(*statistics);
  for (const IndexDefinition& index : table.indexes) {
    if (!index.ready || index.field.each_element || index.field.path.size() != 1) continue;
    const auto column = extended->columns.find(index.field.path[0]);
    if (column == extended->columns.end() || column->second.bounds.size() < 2 ||
        column->second.bounds[0].type() != index.field.type)
      continue;
    Extend(table, index, view, static_cast<double>(changes), column->second);
  }
  return extended;
}

}  // namespace rem::sql

#include "sql/planner/statistics.h"

#include <algorithm>
#include <cmath>

#include "types/cast.h"
#include "types/compare.h"

namespace rem::sql {

namespace {

/// How much is read, and how much of it is kept.
struct Effort {
  RowId runs;
  RowId rows_of_run;
  size_t common_values;
  size_t bounds;
};
/// While a statement is planned: some milliseconds.
constexpr Effort kQuick{64, 32, 16, 33};
/// As many rows, values and bounds as PostgreSQL takes at its default target of 100.
constexpr Effort kThorough{600, 50, 100, 101};
/// So many changes never make statistics old.
constexpr uint64_t kFewChanges = 50;
/// Longer texts say little that their beginning does not.
constexpr size_t kLongestText = 256;

struct Sample {
  std::vector<std::vector<Value>> columns;  ///< The values of each column that are not NULL.
  size_t rows = 0;
};

bool IsSampled(const ColumnSchema& column) {
  return column.type != LogicalType::kJson && column.type != LogicalType::kVector && !IsArray(column.type);
}

void Take(const Table& table, const RowView& row, Sample& sample) {
  ++sample.rows;
  const DocumentView properties = row.properties();
  for (size_t i = 0; i < table.schema.columns.size(); ++i) {
    const ColumnSchema& column = table.schema.columns[i];
    if (!IsSampled(column)) continue;
    const auto node = properties.Find(column.name);
    if (!node || node->kind() == NodeKind::kNull) continue;
    if (node->kind() == NodeKind::kText && node->AsText().size() > kLongestText) continue;
    auto value = ValueFromNode(*node, column.type);
    if (value && !value->IsNull()) sample.columns[i].push_back(std::move(*value));
  }
}

Sample TakeSample(const Table& table, const ReadView& view, int64_t live_rows, const Effort& effort) {
  Sample sample;
  sample.columns.resize(table.schema.columns.size());
  const RowId end = table.counters->next_row.load();
  const bool all = live_rows <= static_cast<int64_t>(effort.runs * effort.rows_of_run);
  for (RowId run = 0; run < (all ? 1 : effort.runs); ++run) {
    const RowId begin = all ? 0 : end * run / effort.runs;
    RowCursor cursor = view.ScanRows(table, begin);
    for (RowId i = 0; (all || i < effort.rows_of_run) && cursor.Next(); ++i) Take(table, cursor.row(), sample);
  }
  return sample;
}

// How often each value comes: (count, place of the first one) over sorted values.
std::vector<std::pair<size_t, size_t>> Counts(const std::vector<Value>& sorted) {
  std::vector<std::pair<size_t, size_t>> counts;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0 && CompareValues(sorted[i - 1], sorted[i]) == 0) {
      ++counts.back().first;
    } else {
      counts.emplace_back(1, i);
    }
  }
  return counts;
}

// Haas and Stokes, "Estimating the number of classes in a finite population", estimator Duj1.
double DistinctOf(double sampled, double values, double once, double total) {
  if (sampled >= total) return values;
  if (once >= sampled) return total;
  return std::clamp(sampled * values / (sampled - once + once * sampled / total), values, total);
}

ColumnStatistics Describe(std::vector<Value> values, size_t sampled_rows, double live_rows, const Effort& effort) {
  ColumnStatistics column;
  if (sampled_rows == 0) return column;
  const double rows = static_cast<double>(sampled_rows);
  column.null_fraction = 1 - static_cast<double>(values.size()) / rows;
  if (values.empty()) return column;
  std::ranges::sort(values, [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
  std::vector<std::pair<size_t, size_t>> counts = Counts(values);
  const auto once = static_cast<double>(std::ranges::count(counts, 1u, &std::pair<size_t, size_t>::first));
  const auto sampled = static_cast<double>(values.size());
  const double total = std::max(sampled, live_rows * (1 - column.null_fraction));
  column.distinct = DistinctOf(sampled, static_cast<double>(counts.size()), once, total);
  // A value is common when it comes clearly more often than the average one.
  std::ranges::sort(counts, [](const auto& a, const auto& b) { return a.first > b.first; });
  const double average = sampled / static_cast<double>(counts.size());
  std::vector<uint8_t> is_common(values.size(), 0);
  for (size_t i = 0; i < std::min(counts.size(), effort.common_values); ++i) {
    const auto [count, first] = counts[i];
    if (count < 2 || static_cast<double>(count) < 1.25 * average) break;
    column.common.emplace_back(values[first], static_cast<double>(count) / rows);
    std::fill_n(is_common.begin() + static_cast<std::ptrdiff_t>(first), count, uint8_t{1});
  }
  std::vector<Value> rest;
  for (size_t i = 0; i < values.size(); ++i) {
    if (is_common[i] == 0) rest.push_back(std::move(values[i]));
  }
  if (rest.size() < 2 || CompareValues(rest.front(), rest.back()) == 0) return column;
  const size_t bounds = std::min(effort.bounds, rest.size());
  for (size_t i = 0; i < bounds; ++i) column.bounds.push_back(rest[i * (rest.size() - 1) / (bounds - 1)]);
  return column;
}

TableStatisticsPtr SampleTable(const Table& table, const ReadView& view, const Effort& effort) {
  auto statistics = std::make_shared<TableStatistics>();
  statistics->definition_version = table.definition_version;
  statistics->live_rows = std::max<int64_t>(table.counters->live_rows.load(), 0);
  statistics->changes = static_cast<int64_t>(table.counters->changes.load());
  Sample sample = TakeSample(table, view, statistics->live_rows, effort);
  for (size_t i = 0; i < table.schema.columns.size(); ++i) {
    const ColumnSchema& column = table.schema.columns[i];
    if (!IsSampled(column)) continue;
    statistics->columns[column.name] =
        Describe(std::move(sample.columns[i]), sample.rows, static_cast<double>(statistics->live_rows), effort);
  }
  return statistics;
}

bool IsFresh(const TableStatistics& statistics, const Table& table) {
  const int64_t live = table.counters->live_rows.load();
  const uint64_t changes = table.counters->changes.load() - static_cast<uint64_t>(statistics.changes);
  return statistics.definition_version == table.definition_version &&
         changes <= static_cast<uint64_t>(std::max<int64_t>(live, 0)) / 5 + kFewChanges &&
         std::abs(live - statistics.live_rows) * 5 <= std::max(live, statistics.live_rows);
}

}  // namespace

TableStatisticsPtr StatisticsOf(const Table& table, const ReadView& view, StatisticsCache& cache) {
  if (table.counters->live_rows.load() <= 0) return nullptr;
  TableStatisticsPtr known = cache.Find(table);
  if (known != nullptr && IsFresh(*known, table)) return known;
  known = SampleTable(table, view, kQuick);
  cache.Add(table, known);
  return known;
}

void AnalyseTable(const Table& table, const ReadView& view, StatisticsCache& cache) {
  cache.Add(table, SampleTable(table, view, kThorough));
}

}  // namespace rem::sql

#include "sql/executor/index_rows.h"

#include <algorithm>

#include <rem/error.h>

#include "sql/executor/lanes.h"
#include "sql/executor/query_memory.h"
#include "sql/plan/access_estimate.h"
#include "sql/plan/cached_share.h"
#include "sql/plan/index_access.h"
#include "store/column_cache.h"

namespace rem::sql {

namespace {

constexpr size_t kEntriesBetweenChecks = 4096;
/// Fewer rows than these are just read.
constexpr size_t kWorthNarrowing = 32;
/// Where nothing is known of an index, more entries for each row than these are not read to narrow.
constexpr size_t kEntriesToSpareARow = 4;
/// Estimates may be somewhat wrong: only what is well beyond the limit is given up for one.
constexpr double kWellBeyond = 1.5;

double LiveRows(const Table& table) {
  return static_cast<double>(std::max<int64_t>(table.counters->live_rows.load(), 0));
}

// About how many entries an access finds with the values of this execution; nullopt where nothing is known.
std::optional<double> GuessEntries(const ExecContext& context, const IndexScanPlan& plan, const IndexAccess& access) {
  if (plan.statistics == nullptr) return std::nullopt;
  try {
    const auto share =
        AccessShare(access, *plan.table, *plan.statistics, [&](const Expr& expr) { return context.Evaluate(expr); });
    return share ? std::optional(*share * LiveRows(*plan.table)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // What cannot be computed fails where it is needed.
  }
}

std::optional<double> GuessEntries(const ExecContext& context, const IndexScanPlan& plan) {
  double entries = 0;
  for (const IndexAccess& access : plan.path.any) {
    const auto one = GuessEntries(context, plan, access);
    if (!one) return std::nullopt;
    entries += *one;
  }
  return entries;
}

// Whether entries of another index are worth their reading for `rows` that would be fetched.
bool IsWorthNarrowing(double rows, double entries, double live) {
  const double spared = rows * (1 - std::min(entries / std::max(live, 1.0), 1.0));
  return entries * kEntryCost < spared * kFetchCost;
}

// Adds the rows under one access; false once there are more than the limit, or are known to be.
bool AddRows(const ExecContext& context, const Table& table, const IndexAccess& access, EntryLimit& limit,
             size_t most_here, std::vector<RowId>& rows) {
  const auto evaluate = [&](const Expr& expr) { return context.Evaluate(expr); };
  for (const IndexRange& range : RangesOf(access, table, evaluate)) {
    const IndexDefinition& index = table.indexes[access.index];
    IndexCursor cursor = context.view->ScanIndex(index, range);
    size_t entries = 0;
    while (cursor.Next()) {
      rows.push_back(cursor.row_id());
      if (rows.size() % kEntriesBetweenChecks == 0) context.CheckEnd();
      if (rows.size() > most_here || limit.Passed(rows.size())) return false;
      if (++entries == kEntriesBeforeEstimate &&
          HoldsTooMany(context, table, index, range, std::min(most_here, limit.most())))
        return false;
    }
  }
  return true;
}

constexpr size_t kNone = SIZE_MAX;

// The accesses of a path as places to start from, the ones with the fewest entries first: kNone is the path without its
// narrowing, the others are of those.
std::vector<size_t> Starts(const ExecContext& context, const IndexScanPlan& plan) {
  if (plan.path.narrowing.empty()) return {kNone};
  std::vector<std::pair<double, size_t>> guesses{{GuessEntries(context, plan).value_or(0), kNone}};
  for (size_t i = 0; i < plan.path.narrowing.size(); ++i) {
    const auto guess = GuessEntries(context, plan, plan.path.narrowing[i]);
    guesses.emplace_back(guess.value_or(LiveRows(*plan.table)), i);
  }
  std::ranges::stable_sort(guesses, {}, &std::pair<double, size_t>::first);
  std::vector<size_t> starts;
  for (const auto& [entries, start] : guesses) starts.push_back(start);
  return starts;
}

// The rows under the first access that has few enough: `used` says which. False when every one has too many.
bool StartRows(const ExecContext& context, const IndexScanPlan& plan, EntryLimit& limit, std::vector<RowId>& rows,
               size_t& used) {
  const auto add = [&](const IndexAccess& access) {
    return AddRows(context, *plan.table, access, limit, SIZE_MAX, rows);
  };
  for (const size_t start : Starts(context, plan)) {
    rows.clear();
    used = start;
    if (start == kNone ? std::ranges::all_of(plan.path.any, add) : add(plan.path.narrowing[start])) return true;
  }
  return false;
}

void SortUnique(std::vector<RowId>& rows) {
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

// Leaves the rows that are under the other accesses of the path too, where asking them costs less than reading rows.
void Narrow(const ExecContext& context, const PhysicalNode& node, const IndexScanPlan& plan, size_t used,
            EntryLimit& limit, std::vector<RowId>& rows) {
  std::vector<RowId> others, both;
  for (size_t i = 0; i < plan.path.narrowing.size() && rows.size() >= kWorthNarrowing; ++i) {
    if (i == used) continue;
    const auto guess = GuessEntries(context, plan, plan.path.narrowing[i]);
    if (guess && !IsWorthNarrowing(static_cast<double>(rows.size()), *guess, LiveRows(*plan.table))) continue;
    // A guess that was far too low is found out.
    const size_t most = guess ? static_cast<size_t>(static_cast<double>(rows.size()) * kFetchCost / kEntryCost)
                              : rows.size() * kEntriesToSpareARow;
    others.clear();
    const bool narrow = AddRows(context, *plan.table, plan.path.narrowing[i], limit, most, others);
    context.Note(node, "entries of other indexes", others.size());
    if (!narrow) continue;
    SortUnique(others);
    both.clear();
    std::ranges::set_intersection(rows, others, std::back_inserter(both));
    rows.swap(both);
  }
}

}  // namespace

double EntryLimit::scan_cost() {
  if (!scan_cost_) {
    const double live = LiveRows(*plan_.table);
    // Smaller batches read past the column cache.
    const bool by_blocks = context_.batch_rows >= kColumnBlockRows;
    const auto& columns = context_.plan->columns;
    if (!by_blocks) {
      scan_cost_ = live;
    } else if (LookupsPayForScan(*context_.view, *plan_.table, columns, plan_.columns, live)) {
      scan_cost_ = live * kCachedRowCost;
    } else {
      scan_cost_ = live * ScannedRowCost(*context_.view, *plan_.table, columns, plan_.columns, live);
    }
  }
  return *scan_cost_;
}

bool EntryLimit::scans() {
  if (!scans_) scans_ = ReadsWholeTable(context_, plan_);
  return *scans_;
}

size_t EntryLimit::most() {
  // Asked for every entry.
  if (!most_) {
    const double entry = plan_.path.covering ? kEntryCost : kFetchCost;
    most_ = std::max(kAlwaysByIndex, static_cast<size_t>(scan_cost() / entry));
  }
  return *most_;
}

bool HoldsTooMany(const ExecContext& context, const Table& table, const IndexDefinition& index, const IndexRange& range,
                  size_t most) {
  return context.view->IndexShare(index, range) * LiveRows(table) > kWellBeyond * static_cast<double>(most);
}

bool FindIndexRows(const ExecContext& context, const PhysicalNode& node, const IndexScanPlan& plan,
                   std::vector<RowId>& rows) {
  EntryLimit limit(context, plan);
  size_t used = kNone;
  if (!StartRows(context, plan, limit, rows, used)) return false;
  const size_t entries = rows.size();
  context.Note(node, "index entries", entries);
  SortUnique(rows);
  Narrow(context, node, plan, used, limit, rows);
  if (entries > EntryLimit::kAlwaysByIndex && context.batch_rows >= kColumnBlockRows) {
    const double cost = static_cast<double>(entries) * kEntryCost + static_cast<double>(rows.size()) * kFetchCost;
    AddLookups(*context.view, *plan.table, context.plan->columns, plan.columns, LiveRows(*plan.table), cost);
  }
  return true;
}

bool ReadsWholeTable(const ExecContext& context, const IndexScanPlan& plan) {
  std::optional<double> rows = GuessEntries(context, plan);
  if (!rows) return false;
  const double live = LiveRows(*plan.table);
  double cost = *rows * kEntryCost;
  for (const IndexAccess& access : plan.path.narrowing) {
    const auto entries = GuessEntries(context, plan, access);
    if (!entries || !IsWorthNarrowing(*rows, *entries, live)) continue;
    cost += *entries * kEntryCost;
    *rows *= std::min(*entries / std::max(live, 1.0), 1.0);
  }
  if (!plan.path.covering) cost += *rows * kFetchCost;
  // Most statements find a few rows, and need not know what a scan would cost.
  if (cost <= static_cast<double>(EntryLimit::kAlwaysByIndex) * kFetchCost) return false;
  return cost > kWellBeyond * EntryLimit(context, plan).scan_cost();
}

}  // namespace rem::sql

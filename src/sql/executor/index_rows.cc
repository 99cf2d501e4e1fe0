#include "sql/executor/index_rows.h"

#include <algorithm>

#include "sql/executor/lanes.h"
#include "sql/plan/index_access.h"

namespace rem::sql {

namespace {

/// Reading one row by its id costs about as much as scanning this many.
constexpr int64_t kScannedRowsForOneGet = 16;
constexpr size_t kAlwaysByIndex = 64;
constexpr size_t kEntriesBetweenChecks = 4096;
/// Reading one row by its id costs more than ten entries of an index. Fewer rows than these are just read.
constexpr size_t kWorthNarrowing = 32;
constexpr size_t kEntriesToSpareARow = 4;

/// Estimates may be somewhat wrong: only what is well beyond the limit is given up for one.
constexpr double kWellBeyond = 1.5;

// Adds the rows under one access; false once there are more than `most`, or are known to be.
bool AddRows(const ExecContext& context, const Table& table, const IndexAccess& access, size_t most,
             std::vector<RowId>& rows) {
  const auto evaluate = [&](const Expr& expr) { return context.Evaluate(expr); };
  for (const IndexRange& range : RangesOf(access, table, evaluate)) {
    const IndexDefinition& index = table.indexes[access.index];
    IndexCursor cursor = context.view->ScanIndex(index, range);
    size_t entries = 0;
    while (cursor.Next()) {
      rows.push_back(cursor.row_id());
      if (rows.size() % kEntriesBetweenChecks == 0) context.CheckEnd();
      if (rows.size() > most) return false;
      if (++entries == kEntriesBeforeEstimate && HoldsTooMany(context, table, index, range, most)) return false;
    }
  }
  return true;
}

constexpr size_t kNone = SIZE_MAX;

// The rows under the path without its narrowing, or under one that narrows, where that is the first with few enough:
// `used` says which. False when every one has too many.
bool StartRows(const ExecContext& context, const IndexScanPlan& plan, std::vector<RowId>& rows, size_t& used) {
  const size_t most = MostIndexEntries(*plan.table);
  const auto add = [&](const IndexAccess& access) { return AddRows(context, *plan.table, access, most, rows); };
  used = kNone;
  if (std::ranges::all_of(plan.path.any, add)) return true;
  for (size_t i = 0; i < plan.path.narrowing.size(); ++i) {
    rows.clear();
    used = i;
    if (add(plan.path.narrowing[i])) return true;
  }
  return false;
}

void SortUnique(std::vector<RowId>& rows) {
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

}  // namespace

bool HoldsTooMany(const ExecContext& context, const Table& table, const IndexDefinition& index, const IndexRange& range,
                  size_t most) {
  const auto live = static_cast<double>(std::max<int64_t>(table.counters->live_rows.load(), 0));
  return context.view->IndexShare(index, range) * live > kWellBeyond * static_cast<double>(most);
}

size_t MostIndexEntries(const Table& table) {
  const int64_t live = std::max<int64_t>(table.counters->live_rows.load(), 0);
  return std::max<size_t>(kAlwaysByIndex, static_cast<size_t>(live / kScannedRowsForOneGet));
}

bool FindIndexRows(const ExecContext& context, const PhysicalNode& node, const IndexScanPlan& plan,
                   std::vector<RowId>& rows) {
  size_t used = kNone;
  if (!StartRows(context, plan, rows, used)) return false;
  context.Note(node, "index entries", rows.size());
  SortUnique(rows);
  std::vector<RowId> others, both;
  for (size_t i = 0; i < plan.path.narrowing.size() && rows.size() >= kWorthNarrowing; ++i) {
    if (i == used) continue;
    others.clear();
    // An index with many more entries than there are rows left says too little for what it costs.
    const bool narrow =
        AddRows(context, *plan.table, plan.path.narrowing[i], rows.size() * kEntriesToSpareARow, others);
    context.Note(node, "entries of other indexes", others.size());
    if (!narrow) continue;
    SortUnique(others);
    both.clear();
    std::ranges::set_intersection(rows, others, std::back_inserter(both));
    rows.swap(both);
  }
  return true;
}

bool ReadsWholeTable(const ExecContext& context, const IndexScanPlan& plan) {
  std::vector<RowId> rows;
  size_t used = kNone;
  return !StartRows(context, plan, rows, used);
}

}  // namespace rem::sql

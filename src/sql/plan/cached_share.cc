#include "sql/plan/cached_share.h"

#include "sql/plan/access_estimate.h"
#include "store/column_cache.h"
#include "types/column.h"

namespace rem::sql {

namespace {

/// About what a text takes besides its cell.
constexpr double kTextBytes = 24;
/// The part of the column cache that one table may fill before it is taken not to fit.
constexpr double kShareOfCache = 0.5;
/// A row that fits the column cache and is not there: the scan reads it from the engine now, and so does the next one,
/// which leaves it there for all that follow.
constexpr double kCacheableRowCost = 0.4;
/// A row that the scan at hand reads from the engine and leaves in the cache.
constexpr double kKeptRowCost = 1.2;

bool FitsCache(const ReadView& view, const std::vector<PlanColumn>& columns, std::span<const ColumnId> ids,
               double rows) {
  double bytes = 0;
  for (const ColumnId id : ids) {
    const PlanColumn& column = columns[id];
    if (column.source == ColumnSource::kVector) return false;
    bytes += static_cast<double>(CellBytes(column.type));
    if (CellKindOf(column.type) == CellKind::kText || CellKindOf(column.type) == CellKind::kJson) bytes += kTextBytes;
  }
  const auto& cache = view.moment().cache;
  return cache != nullptr && bytes * rows < kShareOfCache * static_cast<double>(cache->capacity_bytes());
}

}  // namespace

std::string CacheName(const PlanColumn& column) {
  std::string name{static_cast<char>(column.source), static_cast<char>(column.type)};
  for (const std::string& part : column.path) {
    name += std::to_string(part.size());
    name += ' ';
    name += part;
  }
  return name;
}

double CachedShare(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                   std::span<const ColumnId> ids) {
  const auto held = view.Columns(table);
  if (held == nullptr) return 0;
  std::vector<std::string> names;
  for (const ColumnId id : ids) {
    if (columns[id].source == ColumnSource::kVector) return 0;
    names.push_back(CacheName(columns[id]));
  }
  return held->HeldShare(names, table.counters->next_row.load() / kColumnBlockRows + 1);
}

double ScannedRowCost(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                      std::span<const ColumnId> ids, double rows) {
  const bool fits = FitsCache(view, columns, ids, rows);
  const double held = CachedShare(view, table, columns, ids);
  return held * kCachedRowCost + (1 - held) * (fits ? kCacheableRowCost : 1);
}

void AddLookups(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                std::span<const ColumnId> ids, double rows, double cost) {
  const double more = cost - rows * kCachedRowCost;
  if (more <= 0 || !FitsCache(view, columns, ids, rows)) return;
  if (const auto held = view.Columns(table)) held->AddLookups(more);
}

bool LookupsPayForScan(const ReadView& view, const Table& table, const std::vector<PlanColumn>& columns,
                       std::span<const ColumnId> ids, double rows) {
  if (!FitsCache(view, columns, ids, rows)) return false;
  const auto held = view.Columns(table);
  return held != nullptr && held->MayPut() && held->LookupsReach(KeepingScanCost(rows));
}

double KeepingScanCost(double rows) { return kKeptRowCost * rows; }

}  // namespace rem::sql

#pragma once

#include "catalog/table.h"
#include "store/read_view.h"
#include "store/statistics_cache.h"

namespace rem::sql {

/// What the table holds, from a sample of about 2,000 rows: all of a small table, else runs of rows spread evenly over
/// it. Samples anew when a fifth of the table has changed, or it got another definition, since the last time. nullptr
/// for an empty table.
TableStatisticsPtr StatisticsOf(const Table& table, const ReadView& view, StatisticsCache& cache);

/// ANALYZE: samples 30,000 rows, now.
void AnalyseTable(const Table& table, const ReadView& view, StatisticsCache& cache);

}  // namespace rem::sql

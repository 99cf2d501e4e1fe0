#pragma once

#include "catalog/table.h"
#include "sql/plan/table_statistics.h"
#include "store/read_view.h"

namespace rem::sql {

/// What the table holds, from a sample of about 2,000 rows: all of a small table, else runs of rows spread evenly over
/// it. Samples anew when the table has grown or shrunk by a fifth, or got another definition, since the last time.
/// nullptr for an empty table.
TableStatisticsPtr StatisticsOf(const Table& table, const ReadView& view, StatisticsCache& cache);

}  // namespace rem::sql

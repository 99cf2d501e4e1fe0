#pragma once

#include "catalog/table.h"
#include "catalog/table_statistics.h"
#include "store/read_view.h"

namespace rem::sql {

// Histogram(ts: 0 .. 1000), index on ts with 200 entries above 1000, the greatest 1200
//   ->  Histogram(ts: 0 .. 1000, 1040, 1080, 1120, 1160, 1200)
// Keys that grow, as times and numbers of events do, are soon all beyond the histogram of a sample, which is exactly
// where queries for what is new ask. So where rows have changed since the sample, the ends of each index are read.

/// Statistics whose histograms go from the least to the greatest value that the indexes have now. Those that were given
/// where little has changed since the sample, or no index says more. nullptr for nullptr.
TableStatisticsPtr WithNewEnds(TableStatisticsPtr statistics, const Table& table, const ReadView& view);

}  // namespace rem::sql

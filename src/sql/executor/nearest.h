#pragma once

#include "search/vector_search.h"
#include "sql/executor/operator.h"

namespace rem::sql {

FlatQuery::Metric SearchMetric(VectorMetric metric);
/// Says in EXPLAIN ANALYZE what a search did.
void NoteSearch(const ExecContext& context, const PhysicalNode& node, const VectorQuery& query,
                const VectorSearchReport& report);

}  // namespace rem::sql

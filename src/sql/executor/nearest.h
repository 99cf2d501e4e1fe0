#pragma once

#include <vector>

#include "search/vector_search.h"
#include "sql/executor/operator.h"

namespace rem::sql {

FlatQuery::Metric SearchMetric(VectorMetric metric);
/// The row ids that an operator gives, ascending. `row_id` is one of its columns.
std::vector<RowId> TakeRowIds(Operator& input, const PhysicalNode& node, ColumnId row_id);
/// Says in EXPLAIN ANALYZE what a search did.
void NoteSearch(const ExecContext& context, const PhysicalNode& node, const VectorQuery& query,
                const VectorSearchReport& report);

}  // namespace rem::sql

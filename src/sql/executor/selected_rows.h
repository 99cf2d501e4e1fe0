#pragma once

#include "sql/executor/operator.h"

namespace rem::sql {

/// The row ids that `input`, the operator of the input of `node`, gives, ascending; `row_id` is one of its columns.
/// Where it is a scan of a table with conditions that ask nothing but the row, they are kept until the table changes,
/// and `input` is not run again.
Selection SelectRows(const ExecContext& context, Operator& input, const PhysicalNode& node, ColumnId row_id);

}  // namespace rem::sql

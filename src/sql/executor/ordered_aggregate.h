#pragma once

#include "sql/executor/operator.h"

namespace rem::sql {

/// AggregatePlan::ordered, with groups and without sets.
OperatorPtr NewOrderedAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input);

}  // namespace rem::sql

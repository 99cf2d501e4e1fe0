#pragma once

#include "sql/planner/planner.h"

namespace rem::sql {

/// Says how each part of a logical plan is done: chooses access paths and kinds of joins, and reads only the columns
/// that somebody needs.
PhysicalPlan BuildPhysicalPlan(LogicalPlan plan, const PlannerContext& context);

}  // namespace rem::sql

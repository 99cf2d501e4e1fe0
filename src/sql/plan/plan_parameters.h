#pragma once

#include <optional>
#include <vector>

#include "sql/plan/plan.h"

namespace rem::sql {

/// The type that each parameter of a plan has where conditions, joins and computed columns use it; nullopt where it was
/// not found, or has several.
std::vector<std::optional<LogicalType>> ParameterTypes(const PhysicalPlan& plan, size_t parameters);

}  // namespace rem::sql

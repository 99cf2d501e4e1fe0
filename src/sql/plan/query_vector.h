#pragma once

#include <span>
#include <vector>

#include "sql/plan/plan.h"

namespace rem::sql {

/// The vector that a value stands for beside a vector column: a vector is itself, a text spells one ('[0.1,0.2]') or is
/// embedded by the column's provider. Errors, all at `position`: kTypeMismatch, kDimensionMismatch,
/// kInvalidArgument for a text where the column has no provider, those of the provider.
Value ToQueryVector(const Value& value, const VectorColumn& column, int position);

/// Checks that the query vectors of a plan fit their columns, and adds those that are made of texts behind the
/// statement's parameters.
void ResolveQueryVectors(const PhysicalPlan& plan, std::vector<Value>& parameters);

}  // namespace rem::sql

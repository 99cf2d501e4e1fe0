#pragma once

#include <span>
#include <vector>

#include "sql/binder/expression_binder.h"

namespace rem::sql {

/// The sets of a GROUP BY clause by the places that its expressions have among the groups.
std::vector<std::vector<size_t>> SetsOf(const ast::GroupingSets& written, std::span<const size_t> places);
/// The bits of each GROUPING. Error(kGrouping) where it names what is no group.
std::vector<GroupingCall> GroupingCalls(std::span<const BoundGrouping> bound, std::span<const ComputedColumn> groups);

}  // namespace rem::sql

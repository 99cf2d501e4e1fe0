#include "sql/binder/grouping_sets.h"

#include <algorithm>

#include <rem/error.h>

namespace rem::sql {

std::vector<std::vector<size_t>> SetsOf(const ast::GroupingSets& written, std::span<const size_t> places) {
  std::vector<std::vector<size_t>> sets;
  for (const std::vector<size_t>& set : written.sets) {
    std::vector<size_t> groups;
    for (const size_t place : set) groups.push_back(places[place]);
    std::ranges::sort(groups);
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    const bool known = std::ranges::find(sets, groups) != sets.end();
    if (!written.distinct || !known) sets.push_back(std::move(groups));
  }
  return sets;
}

std::vector<GroupingCall> GroupingCalls(std::span<const BoundGrouping> bound, std::span<const ComputedColumn> groups) {
  std::vector<GroupingCall> calls;
  for (const BoundGrouping& grouping : bound) {
    GroupingCall& call = calls.emplace_back();
    call.output = grouping.output;
    for (const ExprPtr& argument : grouping.arguments) {
      const auto group =
          std::ranges::find_if(groups, [&](const ComputedColumn& one) { return SameExpr(*one.expr, *argument); });
      if (group == groups.end()) {
        throw Error(ErrorCode::kGrouping,
                    "arguments to GROUPING must be grouping expressions of the associated query level",
                    "name what the query groups by")
            .WithPosition(grouping.position);
      }
      call.groups.push_back(static_cast<size_t>(group - groups.begin()));
    }
  }
  return calls;
}

}  // namespace rem::sql

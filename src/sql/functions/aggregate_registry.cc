#include <algorithm>

#include "sql/plan/aggregate_function.h"

namespace rem::sql {

namespace {

const std::vector<AggregateFunction>& Registry() {
  static const std::vector<AggregateFunction> registry = [] {
    std::vector<AggregateFunction> all;
    AddCountAggregates(all);
    AddSumAggregates(all);
    AddNumericAggregates(all);
    AddVarianceAggregates(all);
    AddExtremeAggregates(all);
    AddLogicAggregates(all);
    AddCollectAggregates(all);
    AddIntervalAggregates(all);
    AddRegressionAggregates(all);
    AddOrderedSetAggregates(all);
    std::ranges::stable_sort(all, {}, &AggregateFunction::name);
    return all;
  }();
  return registry;
}

}  // namespace

std::span<const AggregateFunction> FindAggregates(std::string_view name) {
  return {std::ranges::lower_bound(Registry(), name, {}, &AggregateFunction::name),
          std::ranges::upper_bound(Registry(), name, {}, &AggregateFunction::name)};
}

std::vector<std::string> AggregateNames() {
  std::vector<std::string> names;
  for (const AggregateFunction& function : Registry()) {
    if (names.empty() || names.back() != function.name) names.emplace_back(function.name);
  }
  return names;
}

}  // namespace rem::sql

#include "sql/planner/push_filter_into_scan.h"

#include <algorithm>

#include "sql/planner/column_flow.h"

namespace rem::sql {

void PushFilterIntoScan(LogicalPtr& node) {
  auto* filter = std::get_if<LogicalFilter>(&node->body);
  if (filter == nullptr) return;
  auto* scan = std::get_if<LogicalScan>(&node->input->body);
  if (scan == nullptr) return;
  const auto rest = std::stable_partition(filter->conjuncts.begin(), filter->conjuncts.end(),
                                          [](const ExprPtr& expr) { return !HasSubquery(*expr); });
  scan->filters.insert(scan->filters.end(), filter->conjuncts.begin(), rest);
  filter->conjuncts.erase(filter->conjuncts.begin(), rest);
  if (!filter->conjuncts.empty()) return;
  LogicalPtr input = std::move(node->input);
  node = std::move(input);
}

}  // namespace rem::sql

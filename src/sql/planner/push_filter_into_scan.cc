#include "sql/planner/push_filter_into_scan.h"

namespace rem::sql {

void PushFilterIntoScan(LogicalPtr& node) {
  auto* filter = std::get_if<LogicalFilter>(&node->body);
  if (filter == nullptr) return;
  auto* scan = std::get_if<LogicalScan>(&node->input->body);
  if (scan == nullptr) return;
  scan->filters.insert(scan->filters.end(), filter->conjuncts.begin(), filter->conjuncts.end());
  LogicalPtr input = std::move(node->input);
  node = std::move(input);
}

}  // namespace rem::sql

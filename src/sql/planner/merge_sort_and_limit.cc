#include "sql/planner/merge_sort_and_limit.h"

namespace rem::sql {

void MergeSortAndLimit(LogicalPtr& node) {
  auto* limit = std::get_if<LogicalLimit>(&node->body);
  if (limit == nullptr || limit->limit == nullptr || !limit->ties.empty()) return;
  auto* sort = std::get_if<LogicalSort>(&node->input->body);
  if (sort == nullptr) return;
  LogicalTopN top{std::move(sort->keys), std::move(*limit)};
  node->body = std::move(top);
  node->input = std::move(node->input->input);
}

}  // namespace rem::sql

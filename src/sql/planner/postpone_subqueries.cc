#include "sql/planner/postpone_subqueries.h"

#include <algorithm>
#include <iterator>

#include "sql/planner/rewrite.h"

namespace rem::sql {

void PostponeSubqueries(LogicalPtr& node) {
  ColumnIds read;
  if (const auto* top = std::get_if<LogicalTopN>(&node->body)) {
    for (const SortKey& key : top->keys) Include(read, key.column);
  } else if (const auto* limit = std::get_if<LogicalLimit>(&node->body)) {
    read = limit->ties;
  } else {
    return;
  }
  auto* project = std::get_if<LogicalProject>(&node->input->body);
  if (project == nullptr) return;
  const auto waits = [&](const ComputedColumn& one) { return HasSubquery(*one.expr) && !Has(read, one.column); };
  LogicalProject late;
  std::ranges::copy_if(project->computed, std::back_inserter(late.computed), waits);
  if (late.computed.empty()) return;
  std::erase_if(project->computed, waits);
  if (project->computed.empty()) DropNode(node->input);
  node = MakeLogical(std::move(late), std::move(node));
}

}  // namespace rem::sql

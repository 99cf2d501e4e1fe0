#include "sql/planner/push_filter_below_project_set.h"

#include <algorithm>

#include "sql/planner/rewrite.h"

namespace rem::sql {

void PushFilterBelowProjectSet(LogicalPtr& node) {
  auto* filter = std::get_if<LogicalFilter>(&node->body);
  auto* set = filter == nullptr ? nullptr : std::get_if<LogicalProjectSet>(&node->input->body);
  if (set == nullptr) return;
  ColumnIds made;
  for (const LogicalTableFunction& call : set->calls) {
    made.insert(made.end(), call.outputs.begin(), call.outputs.end());
    if (call.ordinality) made.push_back(*call.ordinality);
  }
  if (set->ordinality) made.push_back(*set->ordinality);
  LogicalFilter below;
  std::erase_if(filter->conjuncts, [&](const ExprPtr& conjunct) {
    std::vector<ColumnId> read;
    CollectColumns(*conjunct, read);
    const bool stays =
        HasSubquery(*conjunct) || IsVolatile(*conjunct) ||
        std::ranges::any_of(read, [&](ColumnId column) { return std::ranges::find(made, column) != made.end(); });
    if (!stays) below.conjuncts.push_back(conjunct);
    return !stays;
  });
  if (!below.conjuncts.empty()) {
    LogicalPtr& input = node->input->input;
    input = MakeLogical(std::move(below), std::move(input));
  }
  if (filter->conjuncts.empty()) DropNode(node);
}

}  // namespace rem::sql

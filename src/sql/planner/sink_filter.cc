#include "sql/planner/sink_filter.h"

#include <algorithm>

#include "sql/planner/rewrite.h"

namespace rem::sql {

namespace {

using Conditions = std::vector<ExprPtr>;

// Moves the conditions for which `fits` out of `from`; those with subqueries never.
template <typename Fits>
Conditions Take(Conditions& from, Fits fits) {
  const auto rest = std::stable_partition(from.begin(), from.end(), [&](const ExprPtr& expr) {
    return !HasSubquery(*expr) && !IsVolatile(*expr) && fits(*expr);
  });
  Conditions taken(from.begin(), rest);
  from.erase(from.begin(), rest);
  return taken;
}

void FilterBelow(LogicalPtr& input, Conditions conditions) {
  if (conditions.empty()) return;
  if (auto* filter = std::get_if<LogicalFilter>(&input->body)) {
    filter->conjuncts.insert(filter->conjuncts.end(), conditions.begin(), conditions.end());
  } else {
    input = MakeLogical(LogicalFilter{std::move(conditions)}, std::move(input));
  }
}

bool ReadsOnly(const Expr& condition, const ColumnIds& columns, const ColumnFlow& flow, const LogicalNode& node) {
  ColumnIds read;
  flow.Read(condition, read);
  return std::ranges::all_of(read, [&](ColumnId id) { return Has(columns, id) || !flow.Makes(node, id); });
}

// Whether what computes the columns that a condition reads may be computed twice.
bool CanInline(const Expr& condition, const std::vector<ComputedColumn>& computed) {
  std::vector<ColumnId> read;
  CollectColumns(condition, read);
  return std::ranges::none_of(computed, [&](const ComputedColumn& one) {
    return Has(read, one.column) && (HasSubquery(*one.expr) || IsVolatile(*one.expr));
  });
}

Conditions Inlined(const Conditions& conditions, const std::vector<ComputedColumn>& computed) {
  Conditions inlined;
  for (const ExprPtr& condition : conditions) inlined.push_back(Inline(condition, computed));
  return inlined;
}

void SinkIntoSetOp(Conditions& conditions, LogicalNode& node, const ColumnFlow& flow) {
  const auto& set = std::get<LogicalSetOp>(node.body);
  const Conditions taken = Take(conditions, [&](const Expr& expr) { return ReadsOnly(expr, set.outputs, flow, node); });
  for (LogicalPtr* side : {&node.input, &node.right}) {
    const auto& columns = side == &node.input ? set.left : set.right;
    Conditions renamed;
    for (const ExprPtr& condition : taken) {
      renamed.push_back(Rewrite(condition, [&](const Expr& part) -> ExprPtr {
        if (part.kind != ExprKind::kColumn) return nullptr;
        const auto found = std::ranges::find(set.outputs, part.column);
        if (found == set.outputs.end()) return nullptr;
        return MakeColumn(columns[static_cast<size_t>(found - set.outputs.begin())], part.type, part.dynamic,
                          part.position);
      }));
    }
    FilterBelow(*side, std::move(renamed));
  }
}

}  // namespace

void SinkFilter(LogicalPtr& node, const ColumnFlow& flow) {
  auto* filter = std::get_if<LogicalFilter>(&node->body);
  if (filter == nullptr) return;
  LogicalNode& below = *node->input;
  Conditions& conditions = filter->conjuncts;
  const auto any = [](const Expr&) { return true; };
  if (std::holds_alternative<LogicalSort>(below.body)) {
    FilterBelow(below.input, Take(conditions, any));
  } else if (const auto* project = std::get_if<LogicalProject>(&below.body)) {
    const Conditions taken = Take(conditions, [&](const Expr& expr) { return CanInline(expr, project->computed); });
    FilterBelow(below.input, Inlined(taken, project->computed));
  } else if (const auto* distinct = std::get_if<LogicalDistinct>(&below.body)) {
    FilterBelow(below.input,
                Take(conditions, [&](const Expr& expr) { return ReadsOnly(expr, distinct->on, flow, below); }));
  } else if (const auto* aggregate = std::get_if<LogicalAggregate>(&below.body)) {
    // Without groups there is a row even where the condition leaves none. With GROUPING SETS a group may be NULL that
    // no row below is.
    if (aggregate->groups.empty() || !aggregate->sets.empty()) return;
    ColumnIds groups;
    for (const ComputedColumn& group : aggregate->groups) groups.push_back(group.column);
    const Conditions taken = Take(conditions, [&](const Expr& expr) {
      return ReadsOnly(expr, groups, flow, below) && CanInline(expr, aggregate->groups);
    });
    FilterBelow(below.input, Inlined(taken, aggregate->groups));
  } else if (std::holds_alternative<LogicalSetOp>(below.body)) {
    SinkIntoSetOp(conditions, below, flow);
  }
  if (conditions.empty()) DropNode(node);
}

}  // namespace rem::sql

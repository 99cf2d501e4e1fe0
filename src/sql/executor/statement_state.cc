#include "sql/executor/statement_state.h"

#include <algorithm>

namespace rem::sql {

void ExecContext::CheckEnd() const { statement->end.Check(); }

void ExecContext::Note(const PhysicalNode& node, const char* name, size_t number) const {
  if (statement->profile == nullptr) return;
  if (NodeProfile* profile = statement->profile->Find(node)) profile->Note(name, static_cast<int64_t>(number));
}

SubqueryRun& StatementState::Subquery(const ExecContext& context, size_t subquery) {
  auto& run = subqueries_[subquery];
  if (run == nullptr) {
    const bool probes = context.plan->subqueries[subquery].probe != nullptr;
    run = probes ? NewSubqueryProbe(context, subquery) : NewSubqueryRun(context, subquery);
  }
  return *run;
}

CteRows& StatementState::Cte(const ExecContext& context, size_t cte) {
  CteRows& rows = ctes_[cte];
  if (rows.rows != nullptr) return rows;
  const PhysicalCte& plan = context.plan->ctes[cte];
  // The rows outlive the part of the statement that first asks for them, so they run in a context of their own.
  rows.context = std::make_unique<ExecContext>(context);
  rows.context->outer.clear();
  // This object owns the CTE's operators: they must not own it.
  rows.context->statement = std::shared_ptr<StatementState>(std::shared_ptr<void>(), this);
  rows.rows = std::make_unique<RowStore>(*rows.context, plan.root->layout, "WITH");
  rows.source = BuildOperators(*rows.context, *plan.root);
  return rows;
}

std::unique_ptr<ExecContext> NestedContext(const ExecContext& context, std::span<const ColumnId> ids,
                                           std::span<const Column* const> columns, size_t row) {
  auto nested = std::make_unique<ExecContext>(context);
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto known = std::ranges::find(nested->outer, ids[i], &OuterValues::value_type::first);
    if (known == nested->outer.end()) {
      nested->outer.emplace_back(ids[i], columns[i]->Get(row));
    } else {
      known->second = columns[i]->Get(row);
    }
  }
  return nested;
}

}  // namespace rem::sql

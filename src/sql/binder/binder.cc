#include "sql/binder/binder.h"

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/query_binder.h"

namespace rem::sql {

LogicalPlan BindStatement(const ast::Statement& statement, const CatalogSnapshot& catalog,
                          std::span<const Value> parameters, const BinderOptions& options) {
  if (static_cast<size_t>(statement.parameter_count) != parameters.size()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("statement has {} parameters, {} values were passed", statement.parameter_count, parameters.size()),
        "pass one value for each parameter");
  }
  LogicalPlan plan;
  plan.parameter_count = parameters.size();
  BoundQuery query =
      QueryBinder(plan, catalog, parameters, options).Bind(*std::get<ast::SelectPtr>(statement.body), nullptr, nullptr);
  plan.root = std::move(query.root);
  plan.output = std::move(query.outputs);
  for (size_t i = 0; i < plan.output.size(); ++i) plan.output[i].literal = query.literals[i] != nullptr;
  return plan;
}

}  // namespace rem::sql

#include "catalog/row_rules.h"

#include <algorithm>

namespace rem {

bool NeedsRowRules(const TableSchema& schema) {
  return std::any_of(schema.columns.begin(), schema.columns.end(),
                     [](const ColumnSchema& column) { return !column.default_expression.empty(); }) ||
         std::any_of(schema.constraints.begin(), schema.constraints.end(), [](const TableConstraint& constraint) {
           return constraint.kind == TableConstraint::Kind::kCheck;
         });
}

}  // namespace rem

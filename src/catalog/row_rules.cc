#include "catalog/row_rules.h"

#include <algorithm>

#include "catalog/computed_values.h"
#include "schema/index_expression.h"

namespace rem {
namespace {

bool IsComputed(const IndexedField& field) {
  const auto computed = [](const IndexedField& part) {
    return part.path.size() == 1 && IndexExpression::Parse(part.path[0]).has_value();
  };
  return computed(field) || std::ranges::any_of(field.more, computed);
}

}  // namespace

std::string_view GeneratedExpression(const TableSchema& schema, std::string_view column) {
  const auto properties = schema.json_schema.view().Find("properties");
  const auto property = properties ? properties->Find(column) : std::nullopt;
  const auto text = property && property->kind() == NodeKind::kObject ? property->Find(kGeneratedKey) : std::nullopt;
  return text && text->kind() == NodeKind::kText ? text->AsText() : std::string_view();
}

bool NeedsRowRules(const TableSchema& schema) {
  return std::ranges::any_of(schema.columns,
                             [&](const ColumnSchema& column) {
                               return !column.default_expression.empty() ||
                                      !GeneratedExpression(schema, column.name).empty();
                             }) ||
         std::ranges::any_of(
             schema.constraints,
             [](const TableConstraint& constraint) { return constraint.kind == TableConstraint::Kind::kCheck; }) ||
         std::ranges::any_of(schema.indexes, IsComputed);
}

const ComputedValues* ComputedValuesOf(const Table& table) {
  return dynamic_cast<const ComputedValues*>(table.rules.get());
}

}  // namespace rem

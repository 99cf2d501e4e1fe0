#include <algorithm>

#include "sql/functions/jsonpath_functions.h"
#include "sql/functions/table_text.h"
#include "sql/plan/table_function.h"

namespace rem::sql {

namespace {

const std::vector<TableFunction>& Registry() {
  static const std::vector<TableFunction> registry = [] {
    std::vector<TableFunction> all;
    AddSeriesFunctions(all);
    AddJsonTableFunctions(all);
    AddJsonRecordFunctions(all);
    AddArrayTableFunctions(all);
    AddRegexTableFunctions(all);
    AddTextTableFunctions(all);
    AddJsonPathTableFunctions(all);
    std::ranges::stable_sort(all, {}, &TableFunction::name);
    return all;
  }();
  return registry;
}

}  // namespace

std::span<const TableFunction> FindTableFunctions(std::string_view name) {
  return {std::ranges::lower_bound(Registry(), name, {}, &TableFunction::name),
          std::ranges::upper_bound(Registry(), name, {}, &TableFunction::name)};
}

std::vector<std::string> TableFunctionNames() {
  std::vector<std::string> names;
  for (const TableFunction& function : Registry()) {
    if (names.empty() || names.back() != function.name) names.emplace_back(function.name);
  }
  return names;
}

}  // namespace rem::sql

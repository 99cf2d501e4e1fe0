#include "catalog/table.h"

#include <algorithm>

namespace rem {

const ColumnSchema* Table::FindColumn(std::string_view name) const {
  auto it = std::find_if(schema.columns.begin(), schema.columns.end(), [&](const auto& c) { return c.name == name; });
  return it == schema.columns.end() ? nullptr : &*it;
}

const VectorColumn* Table::FindVector(std::string_view name) const {
  auto it = std::find_if(vectors.begin(), vectors.end(), [&](const auto& v) { return v.name == name; });
  return it == vectors.end() ? nullptr : &*it;
}

const IndexDefinition* Table::FindIndex(std::string_view field_name) const {
  auto it = std::find_if(indexes.begin(), indexes.end(), [&](const auto& i) { return i.field.name == field_name; });
  return it == indexes.end() ? nullptr : &*it;
}

}  // namespace rem

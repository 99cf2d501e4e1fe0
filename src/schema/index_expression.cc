#include "schema/index_expression.h"

#include "types/cast.h"

namespace rem {
namespace {

constexpr char kExpression = '\x01';
constexpr char kCondition = '\x02';

}  // namespace

std::string IndexExpression::name() const {
  const std::string mark(1, condition ? kCondition : kExpression);
  return mark + std::string(LogicalTypeName(type)) + mark + text;
}

std::optional<IndexExpression> IndexExpression::Parse(std::string_view name) {
  if (name.empty() || (name[0] != kExpression && name[0] != kCondition)) return std::nullopt;
  const size_t end = name.find(name[0], 1);
  if (end == std::string_view::npos) return std::nullopt;
  const auto type = ParseSqlType(name.substr(1, end - 1));
  if (!type) return std::nullopt;
  return IndexExpression{name[0] == kCondition, type->type, std::string(name.substr(end + 1))};
}

}  // namespace rem

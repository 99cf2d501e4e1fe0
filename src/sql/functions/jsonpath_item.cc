#include "sql/functions/jsonpath_item.h"

#include "types/numeric.h"

namespace rem::sql {

PathItem OwnedItem(Document document) {
  auto owner = std::make_shared<const Document>(std::move(document));
  return {owner->view(), owner};
}

PathItem NumberItem(std::string_view numeric) {
  DocumentBuilder builder;
  const bool whole = numeric.find_first_not_of("-0123456789") == std::string_view::npos;
  if (const auto integer = whole ? NumericToInt(numeric) : std::nullopt) {
    builder.Int(*integer);
  } else {
    builder.Double(NumericToDouble(numeric));
  }
  return OwnedItem(builder.Finish());
}

PathItem TextItem(std::string_view text) {
  DocumentBuilder builder;
  builder.Text(text);
  return OwnedItem(builder.Finish());
}

PathItem BoolItem(bool value) {
  DocumentBuilder builder;
  builder.Bool(value);
  return OwnedItem(builder.Finish());
}

std::string NumericOf(const DocumentView& view) {
  if (view.kind() == NodeKind::kInt) return NumericFromInt(view.AsInt());
  return ParseNumeric(view.ToJson()).value_or("0");
}

std::string_view PathTypeName(const DocumentView& view) {
  switch (view.kind()) {
    case NodeKind::kNull:
      return "null";
    case NodeKind::kBool:
      return "boolean";
    case NodeKind::kInt:
    case NodeKind::kDouble:
      return "number";
    case NodeKind::kText:
      return "string";
    case NodeKind::kArray:
      return "array";
    case NodeKind::kObject:
      break;
  }
  return "object";
}

}  // namespace rem::sql

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rem/document.h>

namespace rem::sql {

/// A value that a path is at: a part of the document, or one that was computed, which it keeps alive.
struct PathItem {
  DocumentView view;
  std::shared_ptr<const Document> owner;
};

PathItem OwnedItem(Document document);
/// A numeric as JSON has it.
PathItem NumberItem(std::string_view numeric);
PathItem TextItem(std::string_view text);
PathItem BoolItem(bool value);
/// Canonical text of a number node.
std::string NumericOf(const DocumentView& view);
/// "null", "boolean", "number", "string", "array", "object".
std::string_view PathTypeName(const DocumentView& view);

using PathItems = std::vector<PathItem>;

}  // namespace rem::sql

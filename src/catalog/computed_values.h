#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <rem/document.h>

#include "catalog/table.h"

namespace rem {

/// The member of a property's schema that holds the expression of GENERATED ALWAYS AS (...) STORED.
inline constexpr std::string_view kGeneratedKey = "sqlGenerated";

/// The expression of a generated column; empty for any other.
std::string_view GeneratedExpression(const TableSchema& schema, std::string_view column);

/// What a table's definition computes from each record: generated columns, and the values of indexes over expressions
/// or parts of the rows. Pure: the same record always gives the same values. Thread-safe.
class ComputedValues {
 public:
  virtual ~ComputedValues() = default;

  /// `record` with its generated columns; nullopt where the table has none.
  virtual std::optional<Document> WithGenerated(const DocumentView& record) const = 0;
  /// `properties` with a member for each expression that an index is over, named as IndexExpression::name();
  /// nullopt where no index is.
  virtual std::optional<Document> WithIndexed(const DocumentView& properties) const = 0;
};

/// nullptr for a table that computes nothing.
const ComputedValues* ComputedValuesOf(const Table& table);

}  // namespace rem

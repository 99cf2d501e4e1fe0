#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <rem/document.h>

#include "schema/table_schema.h"

namespace rem {

/// The default of a column whose values a sequence of the table gives.
inline constexpr std::string_view kSequenceDefault = "nextval()";

/// What a table's schema says in SQL about each of its records: CHECK constraints and computed defaults. Thread-safe.
class RowRules {
 public:
  virtual ~RowRules() = default;

  /// `record` with a value for every member that it leaves out and that has a computed default.
  virtual Document WithDefaults(const Document& record, int64_t now_micros,
                                const std::function<int64_t(std::string_view column)>& next_value) const = 0;
  /// Error(kCheckViolation), Error(kNotNullViolation) where SQL declares it.
  virtual void Check(const DocumentView& properties, int64_t now_micros) const = 0;
};

/// Makes the rules of a table; the SQL layer provides it. Rules compile when they are first used.
using RowRulesMaker = std::shared_ptr<const RowRules> (*)(const TableSchema& schema);

/// Whether a schema says anything that RowRules are needed for.
bool NeedsRowRules(const TableSchema& schema);

}  // namespace rem

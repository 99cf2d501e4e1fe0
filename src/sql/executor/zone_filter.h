#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sql/executor/operator.h"
#include "store/column_block.h"

namespace rem::sql {

/// What conditions of a scan say about the least and greatest values of a block's columns, so that blocks without any
/// matching row are left out: of each conjunct that compares a column with a value that is fixed while the scan runs.
class ZoneFilter {
 public:
  ZoneFilter(const ExecContext& context, const std::vector<ExprPtr>& conjuncts, std::span<const ColumnId> columns);

  bool empty() const { return conditions_.empty(); }
  /// False when no row of a block can meet all conditions. zone(i) gives the zone of columns[i].
  template <typename Zone>
  bool MayMatch(const Zone& zone) const {
    for (const Condition& condition : conditions_) {
      if (!MayMatch(condition, zone(condition.column))) return false;
    }
    return true;
  }

 private:
  /// low <= column <= high, each where it is there.
  struct Condition {
    size_t column = 0;
    bool is_double = false;
    bool has_low = false, has_high = false;
    int64_t low = 0, high = 0;
    double low_number = 0, high_number = 0;
  };

  void Add(const ExecContext& context, const Expr& conjunct, std::span<const ColumnId> columns);
  static bool Narrow(Condition& condition, LogicalType type, const Value& value, bool low, bool high);
  static bool MayMatch(const Condition& condition, const ColumnZone& zone);

  std::vector<Condition> conditions_;
};

}  // namespace rem::sql

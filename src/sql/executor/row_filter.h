#pragma once

#include <vector>

#include "sql/executor/operator.h"

namespace rem::sql {

/// Conditions of a scan, ANDed; each sees only the rows that the ones before it left.
class RowFilter {
 public:
  /// Without conditions.
  RowFilter() = default;
  RowFilter(const ExecContext& context, const std::vector<ExprPtr>& conjuncts, std::span<const ColumnId> layout) {
    const FixedValues fixed = context.fixed();
    for (const ExprPtr& conjunct : conjuncts) programs_.push_back(Program::Compile(*conjunct, layout, fixed));
  }
  bool empty() const { return programs_.empty(); }
  void Apply(std::span<const Column* const> columns, size_t capacity, std::vector<uint32_t>& rows) {
    for (Program& program : programs_) {
      if (rows.empty()) return;
      program.Filter(columns, capacity, rows);
    }
  }
  /// As Apply, of rows 0 to count - 1. Not where there are no conditions.
  void ApplyToAll(std::span<const Column* const> columns, size_t capacity, size_t count, std::vector<uint32_t>& rows) {
    programs_[0].FilterAll(columns, capacity, count, rows);
    for (size_t i = 1; i < programs_.size() && !rows.empty(); ++i) programs_[i].Filter(columns, capacity, rows);
  }
  /// Narrows the selection of a batch.
  void Apply(ColumnBatch& batch) {
    if (programs_.empty()) return;
    if (!batch.filtered) {
      batch.filtered = true;
      return ApplyToAll(batch.columns, batch.rows, batch.rows, batch.selection);
    }
    Apply(batch.columns, batch.rows, batch.selection);
  }

 private:
  std::vector<Program> programs_;
};

}  // namespace rem::sql

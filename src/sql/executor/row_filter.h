#pragma once

#include <vector>

#include "sql/executor/operator.h"

namespace rem::sql {

/// Conditions of a scan, ANDed; each sees only the rows that the ones before it left.
class RowFilter {
 public:
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
  /// Narrows the selection of a batch.
  void Apply(ColumnBatch& batch) {
    if (programs_.empty()) return;
    if (!batch.filtered) {
      batch.selection.resize(batch.rows);
      for (size_t i = 0; i < batch.rows; ++i) batch.selection[i] = static_cast<uint32_t>(i);
      batch.filtered = true;
    }
    Apply(batch.columns, batch.rows, batch.selection);
  }

 private:
  std::vector<Program> programs_;
};

}  // namespace rem::sql

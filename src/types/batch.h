#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "types/column.h"

namespace rem {

/// A view of some rows: columns that their producer owns, and which rows of them count. Lives until its producer makes
/// the next one. (The name keeps it apart from `Batch`, the storage engine's writes.)
struct ColumnBatch {
  std::vector<const Column*> columns;
  /// Rows in the columns.
  size_t rows = 0;
  /// When `filtered`, the rows that count, ascending; else every row counts.
  std::vector<uint32_t> selection;
  bool filtered = false;

  size_t count() const { return filtered ? selection.size() : rows; }
  size_t row(size_t i) const { return filtered ? selection[i] : i; }
  /// nullptr means rows 0 to count() - 1.
  const uint32_t* row_numbers() const { return filtered ? selection.data() : nullptr; }
};

}  // namespace rem

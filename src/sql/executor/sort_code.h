#pragma once

#include <array>
#include <span>
#include <vector>

#include "sql/plan/plan.h"
#include "types/column.h"

namespace rem::sql {

/// Numbers for rows that keep the order of sort keys, as far as 16 bytes go: where the numbers of two rows differ, the
/// rows come in the order of the numbers. Integers take the bytes that their range in these columns needs, and texts
/// begin behind what all of them begin with, so that several keys fit (normalized keys; Graefe, "Implementing Sorting
/// in Database Systems", 2006). Rows of other columns have other numbers, which do not compare with these.
class SortCode {
 public:
  using Number = std::array<uint64_t, 2>;

  /// The code of rows 0 to `rows` - 1. `columns` are those of the keys.
  SortCode(std::span<const Column* const> columns, std::span<const SortKey> keys, size_t rows);
  Number Of(size_t row) const;
  /// Rows of equal numbers are equal in as many keys.
  size_t exact_keys() const { return exact_keys_; }

 private:
  struct Part {
    const Column* column;
    bool descending;
    bool nulls_first;
    bool whole = false;  // Takes no more bytes than there were.
    size_t width = 0;    // Without that for NULLs.
    int64_t least = 0;   // Of integers.
    size_t common = 0;   // Bytes that all texts begin with.
  };
  class Writer;

  static bool MeasureInts(Part& part, size_t rows);
  static void MeasureTexts(Part& part, size_t rows);
  /// False where cells of the type have no code.
  static bool Measure(Part& part, size_t rows);
  static void Write(const Part& part, size_t row, Writer& out);

  std::vector<Part> parts_;
  size_t exact_keys_ = 0;
};

}  // namespace rem::sql

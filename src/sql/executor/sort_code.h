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

  /// Rows that were collected in one place: the columns of the keys.
  struct Rows {
    std::vector<const Column*> columns;
    size_t count = 0;
  };

  /// The code of the rows of all places.
  SortCode(std::vector<Rows> places, std::span<const SortKey> keys);
  Number Of(size_t place, size_t row) const;
  /// Rows of equal numbers are equal in as many keys.
  size_t exact_keys() const { return exact_keys_; }

 private:
  struct Part {
    size_t key;
    LogicalType type;
    bool descending;
    bool nulls_first;
    bool has_nulls = false;
    bool whole = false;  // Takes no more bytes than there were.
    size_t width = 0;    // Without that for NULLs.
    int64_t least = 0;   // Of integers.
    size_t common = 0;   // Bytes that all texts begin with.
  };
  class Writer;

  void MeasureInts(Part& part) const;
  void MeasureTexts(Part& part) const;
  /// False where cells of the type have no code.
  bool Measure(Part& part) const;
  static void Write(const Part& part, const Column& column, size_t row, Writer& out);

  const std::vector<Rows> places_;
  std::vector<Part> parts_;
  size_t exact_keys_ = 0;
};

}  // namespace rem::sql

#pragma once

#include <string>
#include <string_view>

#include "sql/functions/aggregate_rows.h"
#include "sql/functions/wide_sum.h"

namespace rem::sql {

/// The exact sum of numerics, as plain memory of an aggregate's state: in 128 bits while the numbers are short, else as
/// text.
struct ExactSum {
  WideSum small;
  int64_t count;
  int32_t scale;  // Of `small`.
  bool wide;      // The sum is in `text`.
  StateBuffer text;

  void Add(std::string_view value, Arena& arena);
  void Merge(const ExactSum& other, Arena& arena);
  /// "0" for no numbers.
  std::string ToText() const;

 private:
  bool AddSmall(__int128 digits, int digits_scale);
  void AddText(std::string_view value, Arena& arena);
};

}  // namespace rem::sql

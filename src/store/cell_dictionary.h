#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "types/column.h"

namespace rem {

/// Numbers the different texts of one column of a table, over all of its blocks, as long as there are few of them: what
/// a filter, a group or a join finds out about one then holds wherever it comes again. Only grows. Thread-safe.
class CellDictionary {
 public:
  /// Gives the first `rows` cells of a column their codes, where it is worth it. Returns how many bytes the dictionary
  /// has grown by.
  size_t Encode(Column& column, size_t rows);

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  /// Of texts and what they cost besides.
  static constexpr size_t kMaxBytes = 4u << 20;
  static constexpr size_t kEntryBytes = 80;
  /// NULL has code 0.
  static constexpr size_t kMaxTexts = CellCodes::kMostCodes - 1;

  const uint64_t number_ = CellCodes::NewDictionary();
  std::mutex mutex_;
  bool worth_it_ = true;
  size_t rows_ = 0;  ///< Encoded so far.
  size_t bytes_ = 0;
  std::unordered_map<std::string, uint16_t, Hash, std::equal_to<>> texts_;
};

}  // namespace rem

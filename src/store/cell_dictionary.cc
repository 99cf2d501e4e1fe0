#include "store/cell_dictionary.h"

namespace rem {

size_t CellDictionary::Encode(Column& column, size_t rows) {
  // Types whose equal values may be written in several ways have no one cell for a value.
  if (column.type() != LogicalType::kText) return 0;
  const std::lock_guard lock(mutex_);
  if (!worth_it_) return 0;
  const size_t before = bytes_;
  const std::string_view* cells = column.data<std::string_view>();
  std::vector<uint16_t> codes(rows, 0);
  for (size_t row = 0; row < rows; ++row) {
    if (column.IsNull(row)) continue;
    auto found = texts_.find(cells[row]);
    if (found == texts_.end()) {
      worth_it_ = texts_.size() < kMaxTexts && bytes_ + cells[row].size() + kEntryBytes <= kMaxBytes;
      if (!worth_it_) return bytes_ - before;
      found = texts_.emplace(std::string(cells[row]), static_cast<uint16_t>(texts_.size() + 1)).first;
      bytes_ += cells[row].size() + kEntryBytes;
    }
    codes[row] = found->second;
  }
  rows_ += rows;
  // Where most rows have a text of their own, codes say nothing.
  worth_it_ = texts_.size() * 2 <= rows_;
  if (!worth_it_) return bytes_ - before;
  CellCodes& out = column.StartCodes();
  out.dictionary = number_;
  out.limit = static_cast<uint32_t>(texts_.size() + 1);
  out.codes = std::move(codes);
  return bytes_ - before;
}

}  // namespace rem

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "storage/key_space.h"
#include "types/column.h"
#include "types/key_dictionary.h"

namespace rem {

/// Rows of one block of a table: those whose row ids have the same quotient by this. As many as the rows of a batch of
/// the executor, so that a block is a batch.
inline constexpr size_t kColumnBlockRows = 2048;

/// The least and the greatest cell of a column of a block, where its cells are integers of any kind, dates and times,
/// or doubles. NULLs are left out.
struct ColumnZone {
  enum class Kind : uint8_t { kUnknown, kIntegers, kDoubles, kNulls };
  Kind kind = Kind::kUnknown;
  union {
    int64_t integer;
    double number;
  } least{0}, greatest{0};
};
/// Unknown for doubles with a NaN among them.
ColumnZone ZoneOf(const Column& column, size_t rows);

/// Some columns of the live rows of one block, at one state of that block. Immutable once it is shared; owns all bytes
/// that its cells point to, but for the names in `keys`.
struct ColumnBlock {
  /// Row ids less the block's first one, ascending.
  std::vector<uint16_t> offsets;
  /// By the numbers that TableColumns gave them; nullptr where a column is not held.
  std::vector<std::shared_ptr<const Column>> columns;
  /// Of those columns.
  std::vector<ColumnZone> zones;
  /// Of the documents in the columns.
  std::shared_ptr<const KeyDictionary> keys;

  size_t rows() const { return offsets.size(); }
  const Column* column(size_t number) const { return number < columns.size() ? columns[number].get() : nullptr; }
  /// Of a column that is held.
  const ColumnZone& zone(size_t number) const { return zones[number]; }
  size_t memory_bytes() const;
  /// The rows with begin <= row id < end, as the places of the first and the one after the last.
  std::pair<size_t, size_t> Slice(uint64_t block, RowId begin, RowId end) const;
};
using ColumnBlockPtr = std::shared_ptr<const ColumnBlock>;

/// Collects the columns of one block from batches of its rows.
class ColumnBlockBuilder {
 public:
  /// `numbers` and `types` of the columns to come.
  void Start(uint64_t block, std::span<const size_t> numbers, std::span<const LogicalType> types);
  uint64_t block() const { return block_; }
  size_t rows() const { return offsets_.size(); }
  /// Rows with these row ids, which ascend over all calls; columns[i] has the cells of the i-th column, in its first
  /// places.
  void Add(std::span<const RowId> rows, std::span<const Column* const> columns);
  /// What was collected, its memory cut to size. `visit` sees each column with its number before it becomes immutable.
  ColumnBlock Finish(std::shared_ptr<const KeyDictionary> keys,
                     const std::function<void(size_t number, Column& column)>& visit);

 private:
  uint64_t block_ = 0;
  std::vector<uint16_t> offsets_;
  std::vector<size_t> numbers_;
  std::vector<std::unique_ptr<Column>> columns_;
};

}  // namespace rem

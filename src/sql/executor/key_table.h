#pragma once

#include <memory>
#include <span>
#include <vector>

#include "types/column.h"

namespace rem::sql {

/// Numbers the different keys that it is shown, from 0 on. A key is a row of cells; NULLs are equal.
class KeyTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit KeyTable(std::vector<LogicalType> types);

  size_t size() const { return size_; }
  /// The number of a key, which is size() - 1 after a key that was new. `hash` is HashRows' of the cells.
  uint32_t FindOrAdd(std::span<const Column* const> columns, size_t row, uint64_t hash);
  /// kNone for a key that is not there.
  uint32_t Find(std::span<const Column* const> columns, size_t row, uint64_t hash) const;
  const Column& column(size_t i) const { return *keys_[i]; }
  uint64_t hash(size_t key) const { return hashes_[key]; }
  size_t columns() const { return keys_.size(); }
  size_t memory_bytes() const;

 private:
  struct Slot {
    uint32_t key = kNone;
    uint32_t tag = 0;  // The hash's upper half: most keys that differ need no look at their cells.
  };

  size_t Place(std::span<const Column* const> columns, size_t row, uint64_t hash) const;
  void Resize(size_t slots);

  std::vector<std::unique_ptr<Column>> keys_;
  std::vector<uint64_t> hashes_;
  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace rem::sql

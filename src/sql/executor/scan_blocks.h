#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sql/executor/field_reader.h"
#include "store/column_block.h"
#include "store/column_cache.h"

namespace rem::sql {

/// What one scan of a table takes from the column cache, and adds to it. Columns are admitted when a second statement
/// wants them: the first may be the only one, and pays nothing. Where lookups have paid for a scan (cached_share.h),
/// the first that comes admits its columns, and the late ones of all rows, since it would not be worth while without
/// them.
class ScanBlocks {
 public:
  /// The scan needs all of `early` in any case, and those of `late` for the rows that pass.
  ScanBlocks(const ExecContext& context, const Table& table, std::span<const ColumnId> early,
             std::span<const ColumnId> late);

  /// Whether the scan can use the cache; if not, nothing else may be called.
  bool on() const { return columns_ != nullptr; }
  /// Row ids of the snapshot are below this.
  RowId end() const { return end_; }

  /// The block with all early columns; nullptr where it has to be read.
  const ColumnBlock* Find(uint64_t block);
  const ColumnZone& zone(size_t i) const { return found_->zone(early_[i]); }
  /// Of the block that Find gave; a late one may be nullptr.
  const Column* early(size_t i) const { return found_->column(early_[i]); }
  const Column* late(size_t i) const { return found_->column(late_[i]); }

  bool filling() const { return filling_; }
  bool fills_late() const { return fills_late_; }
  uint64_t filled_block() const { return block_; }
  /// Begins to collect a block of which every row will be read, where its columns are to be kept; `late` for the late
  /// ones as well.
  void StartFill(uint64_t block, bool late);
  /// The late columns come too, all of their cells. Has no effect after the block's first rows.
  void AddLate() { fills_late_ |= !started_; }
  void Fill(const FieldReader& early, const FieldReader& late, std::span<const RowId> rows);
  /// All rows of the block were given.
  void FinishFill();
  void StopFill() { filling_ = false; }

 private:
  void StartBuilder();

  const ExecContext& context_;
  std::shared_ptr<const KeyDictionary> keys_;
  std::shared_ptr<TableColumns> columns_;
  std::vector<size_t> early_, late_;  // Numbers of the columns.
  std::vector<LogicalType> types_;    // Of the early, then of the late ones.
  RowId end_ = UINT64_MAX;
  bool again_ = false;
  bool paid_ = false;  // By lookups.
  ColumnBlockPtr found_;
  ColumnBlockBuilder builder_;
  uint64_t block_ = 0;
  bool filling_ = false;
  bool fills_late_ = false;
  bool started_ = false;
};

}  // namespace rem::sql

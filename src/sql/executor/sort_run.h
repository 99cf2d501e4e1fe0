#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/executor/row_store.h"
#include "sql/executor/sort_code.h"

namespace rem::sql {

/// Rows to be sorted that one thread has collected.
class SortRun {
 public:
  /// `what` names the operator whose rows these are.
  SortRun(const ExecContext& context, std::span<const ColumnId> layout, const char* what)
      : store_(context, layout, what) {}

  /// Takes rows that come at `order` and on in the order of all rows. Orders grow.
  void Add(const ColumnBatch& batch, uint64_t order);
  size_t size() const { return store_.size(); }
  const RowStore& rows() const { return store_; }
  /// The place of a row in the order of all rows.
  uint64_t OrderOf(uint32_t row) const;

 private:
  // Where in the order of all rows those from `row` on were.
  struct Order {
    uint32_t row;
    uint64_t order;
  };

  RowStore store_;
  std::vector<Order> orders_;
};

/// The rows of some runs, sorted; of equal ones, those that came first come first, so that an answer does not change
/// from run to run. Many rows are sorted on several threads.
class SortedRows {
 public:
  SortedRows(const ExecContext& context, std::span<const ColumnId> layout, const std::vector<SortKey>& keys,
             std::vector<std::unique_ptr<SortRun>> runs);

  /// The next rows, at most `count`; false after the last.
  bool Show(size_t count, ColumnBatch& batch);
  /// The numbers of the rows of the only run, in order. Instead of Show.
  std::vector<uint32_t> TakeOrder();
  const SortRun& run(size_t i) const { return *runs_[i]; }
  /// What a row takes besides its cells.
  static constexpr size_t kBytesPerRow = sizeof(SortCode::Number) + 2 * sizeof(uint32_t);

 private:
  struct Entry {
    SortCode::Number code;
    uint32_t run;
    uint32_t row;
  };
  static_assert(sizeof(Entry) == kBytesPerRow);

  bool Less(const Entry& a, const Entry& b) const;
  void FillEntries(const SortCode& code, size_t begin, size_t end);
  void SortEntries(size_t begin, size_t end);
  void Gather(std::span<const Entry> entries, ColumnBatch& batch);

  const ExecContext& context_;
  std::vector<std::unique_ptr<SortRun>> runs_;
  std::vector<std::vector<const Column*>> columns_;  // Of each run.
  std::vector<size_t> begins_;                       // Of each run's entries, before they are sorted.
  RowOrder rest_;                                    // By the keys of which the codes do not say all.
  std::vector<Entry> entries_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<Column>> shown_;
};

}  // namespace rem::sql

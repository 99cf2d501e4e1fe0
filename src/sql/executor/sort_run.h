#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/executor/row_store.h"
#include "sql/executor/sort_code.h"

namespace rem::sql {

/// Rows that one thread collects and sorts; of equal ones, those that came first come first, so that an answer does not
/// change from run to run.
class SortRun {
 public:
  /// `what` names the operator whose rows these are.
  SortRun(const ExecContext& context, std::span<const ColumnId> layout, const std::vector<SortKey>& keys,
          const char* what);

  /// Takes rows that come at `order` and on in the order of all rows. Orders grow.
  void Add(const ColumnBatch& batch, uint64_t order);
  /// After the last row. A single run that is large is sorted on several threads.
  void Sort();
  size_t size() const { return store_.size(); }
  RowStore& rows() { return store_; }
  const RowStore& rows() const { return store_; }
  /// The rows of a sorted run in their order, by number. Once.
  std::vector<uint32_t> TakeOrder();
  size_t memory_bytes() const { return orders_.capacity() * sizeof(Order) + entries_.capacity() * sizeof(Entry); }

  /// Whether the row at place `a` comes before the one at place `b` of another sorted run.
  bool Before(size_t a, const SortRun& other, size_t b) const;
  uint32_t row(size_t place) const { return entries_[place].row; }

 private:
  struct Entry {
    SortCode::Number code;
    uint32_t row;
  };
  // Where in the order of all rows those from `row` on were.
  struct Order {
    uint32_t row;
    uint64_t order;
  };
  bool Less(const Entry& a, const Entry& b) const;
  void SortEntries(size_t begin, size_t end);
  uint64_t OrderOf(uint32_t row) const;

  const ExecContext& context_;
  const std::vector<SortKey> keys_;
  const std::vector<ColumnId> layout_;
  RowStore store_;
  RowOrder order_;
  RowOrder rest_;  // By the keys of which the codes do not say all.
  std::vector<Order> orders_;
  std::vector<Entry> entries_;
  std::vector<const Column*> columns_;
};

/// The rows of several sorted runs, which live on, in the order of all.
class SortedRuns {
 public:
  explicit SortedRuns(std::vector<std::unique_ptr<SortRun>> runs);
  /// The next rows, at most `count`; false after the last.
  bool Show(size_t count, ColumnBatch& batch);

 private:
  struct Head {
    const SortRun* run;
    size_t place;
  };
  static bool Later(const Head& a, const Head& b) { return b.run->Before(b.place, *a.run, a.place); }
  void Gather(size_t count, ColumnBatch& batch);

  std::vector<std::unique_ptr<SortRun>> runs_;
  std::vector<Head> heads_;  // A heap: the next row is in the first one.
  std::vector<uint32_t> rows_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<Column>> shown_;
  std::vector<Head> chosen_;
};

}  // namespace rem::sql

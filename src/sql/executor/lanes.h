#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "sql/executor/operator.h"

namespace rem::sql {

/// Ranges of row ids of one table, which lanes take one after the other. Thread-safe.
class RowRanges {
 public:
  RowRanges(RowId end, uint64_t rows_per_range) : end_(end), rows_(rows_per_range) {}
  struct Range {
    RowId begin = 0;
    RowId end = 0;
    uint64_t number = 0;  ///< Grows with the row ids.
  };
  /// False when none is left.
  bool Take(Range& range);
  /// None is left from now on.
  void Stop() { next_.store(UINT64_MAX / 2, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> next_{0};
  const RowId end_;
  const uint64_t rows_;
};

/// One of several copies of a part of a plan, each of which reads some ranges of the table at its bottom.
struct Lane {
  const PhysicalNode* scan = nullptr;
  RowRanges* ranges = nullptr;
  /// The hash joins on the way whose right side has been read for all lanes.
  const std::map<const PhysicalNode*, OperatorPtr>* joins = nullptr;
  /// Of the batch that the scan gave last. A batch lies in one range, and a lane's ranges have growing numbers, so that
  /// (range, place in the lane) is the order in which one thread would have met the rows.
  uint64_t range = 0;

  /// The place of a row in that order, by its place in the lane.
  uint64_t Order(uint64_t row) const { return range << 40 | row; }
};

/// Whether several threads may compute an expression: not with subqueries, whose results a statement shares, and not
/// where every row has another value.
bool IsForLanes(const Expr& expr);

/// Whether an index scan will surely find so many rows that it reads the table instead, which several threads can
/// share. Reads no entry: statistics tell, for the values of this execution.
bool ReadsWholeTable(const ExecContext& context, const IndexScanPlan& plan);
/// A table scan for a node that an operator made for itself; `lane` may be absent.
OperatorPtr NewTableScan(const ExecContext& context, const PhysicalNode& node, Lane* lane);

/// A hash join of which only the right side is of use.
OperatorPtr BuildHashTable(const ExecContext& context, const PhysicalNode& node);

/// The input of an operator that reads it to its end, read by several threads at once: parallelism by morsels (Leis et
/// al., 2014). The calling thread does a lane's work itself, and waits for no thread that has not begun, so that a busy
/// pool costs nothing but the help.
class Lanes {
 public:
  /// nullptr where the plan below `node` cannot be split, or is not worth it.
  static std::unique_ptr<Lanes> Make(const ExecContext& context, const PhysicalNode& node);
  ~Lanes();

  size_t size() const { return lanes_.size(); }
  const ExecContext& context(size_t lane) const;
  /// Calls work(lane number, its input, its lane) once for each lane, at once; each must read its input to the end.
  /// Throws the first error after all have ended. The order of lanes means nothing.
  void Run(const std::function<void(size_t, Operator&, const Lane&)>& work);

 private:
  struct Copy;
  Lanes(const ExecContext& context, const PhysicalNode& node, const PhysicalNode& scan, size_t lanes, RowId end);
  void BuildJoins(const ExecContext& context, const PhysicalNode& node);

  ThreadPool& pool_;
  RowRanges ranges_;
  std::map<const PhysicalNode*, OperatorPtr> joins_;
  std::vector<std::unique_ptr<Copy>> lanes_;
};

}  // namespace rem::sql

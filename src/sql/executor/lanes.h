#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sql/executor/operator.h"

namespace rem::sql {

/// Ranges of row ids of one table, which lanes take one after the other.
class RowRanges {
 public:
  struct Range {
    RowId begin = 0;
    RowId end = 0;
    uint64_t number = 0;  ///< Grows with the row ids.
  };
  virtual ~RowRanges() = default;
  /// False when none is left; then the number is that of the range behind the last one.
  virtual bool Take(Range& range) = 0;
};

/// How a part of a plan can be shared: the scan at its bottom in ranges of as many rows.
struct LaneShare {
  const PhysicalNode* scan = nullptr;
  size_t lanes = 0;
  RowId end = 0;
  uint64_t rows_per_range = 1;

  uint64_t ranges() const { return (end + rows_per_range - 1) / rows_per_range; }
  RowRanges::Range range(uint64_t number) const {
    return {number * rows_per_range, std::min(end, (number + 1) * rows_per_range), number};
  }
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
  /// The first batches are small, as those of a scan that is not shared.
  bool ramps = false;

  /// The place of a row in that order, by its place in the lane.
  uint64_t Order(uint64_t row) const { return range << 40 | row; }
};

/// Whether several threads may compute an expression: not with subqueries, whose results a statement shares, and not
/// where every row has another value.
bool IsForLanes(const Expr& expr);

/// Whether an index scan will surely find so many rows that it reads the table instead, which several threads can
/// share. Reads no entry: statistics tell, for the values of this execution.
bool ReadsWholeTable(const ExecContext& context, const IndexScanPlan& plan);
/// The scan at the bottom of a chain of operators that treat every row by itself; nullptr where it is no such chain.
/// `ends_with_rows`: an operator above gives rows of its own after the last one.
const PhysicalNode* ScanBelow(const PhysicalNode& node, bool ends_with_rows = false);
/// nullopt where the plan from `node` downwards cannot be shared, or is not worth it.
std::optional<LaneShare> ShareOf(const ExecContext& context, const PhysicalNode& node);
/// Reads the right sides of the hash joins that lanes share.
void BuildJoins(const ExecContext& context, const PhysicalNode& node,
                std::map<const PhysicalNode*, OperatorPtr>& joins);
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
  // Thread-safe.
  class Ranges final : public RowRanges {
   public:
    explicit Ranges(const LaneShare& share) : share_(share) {}
    bool Take(Range& range) override;
    /// None is left from now on.
    void Stop() { next_.store(UINT64_MAX / 2, std::memory_order_relaxed); }

   private:
    std::atomic<uint64_t> next_{0};
    const LaneShare share_;
  };

  Lanes(const ExecContext& context, const PhysicalNode& node, const LaneShare& share);

  ThreadPool& pool_;
  Ranges ranges_;
  std::map<const PhysicalNode*, OperatorPtr> joins_;
  std::vector<std::unique_ptr<Copy>> lanes_;
};

}  // namespace rem::sql

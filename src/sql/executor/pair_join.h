#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "sql/executor/operator.h"
#include "sql/executor/row_filter.h"
#include "sql/executor/row_store.h"

namespace rem::sql {

/// A scalar subquery gave more than one row.
[[noreturn]] void ThrowSeveralRows();

/// What joins share that keep the right side in memory: pairs of rows that may match are put side by side, the
/// conditions decide, and rows without a partner come out as the kind of join says.
class PairJoin : public Operator {
 public:
  PairJoin(const ExecContext& context, const PhysicalNode& node, JoinKind kind, const std::vector<ExprPtr>& conditions,
           OperatorPtr left, OperatorPtr right);
  ColumnBatch* Next() override;
  /// Reads the right side, which otherwise happens when the first row is asked for.
  void ReadRight();

 protected:
  /// Uses the right side that another join of the same node has read, and keeps.
  void Borrow(const PairJoin& built);
  /// Sees a batch of the right side whose rows were just appended to right_rows(), from `first` on.
  virtual void AddRight(const ColumnBatch& batch, size_t first) = 0;
  /// After the last of them.
  virtual void FinishRight() {}
  virtual void StartLeft(const ColumnBatch& batch) = 0;
  /// Adds pairs of the left batch with Pair() until it returns false or there are no more. Goes on where it stopped.
  virtual void FindPairs() = 0;
  virtual size_t MoreMemory() const { return 0; }
  /// The right side is not read as a whole, but with ReadMoreRight. Not for kinds that ask, at the end, which right
  /// rows had no partner.
  virtual bool StreamsRight() const { return false; }
  /// Appends the next rows of the right side; false when there are none.
  bool ReadMoreRight();
  /// Forgets the first rows of the right side that are kept.
  void DropRight(size_t rows);

  const RowStore& right_rows() const { return *shown_; }
  size_t left_count() const { return left_batch_->count(); }
  /// A left row (its place among those that count) needs no more pairs.
  bool Settled(size_t left) const { return stops_at_match_ && left_matched_[left] != 0; }
  /// False when no further pair fits.
  bool Pair(size_t left, uint32_t right) {
    pair_left_.push_back(static_cast<uint32_t>(left));
    pair_right_.push_back(right);
    return pair_left_.size() < batch_rows_;
  }

 private:
  void StartProbing();
  void GatherPairs();
  void CodeRightCells(Column& column, uint64_t dictionary);
  ColumnBatch* MatchedPairs();
  ColumnBatch* LonelyLeft();
  ColumnBatch* LonelyRight();
  bool ShowsLonelyRight();

  const JoinKind kind_;
  const size_t batch_rows_;
  const ExecContext& context_;
  const bool stops_at_match_;
  // Whether somebody asks, at the end, which rows had a partner.
  const bool marks_left_, marks_right_;
  OperatorPtr left_input_, right_input_;
  RowStore right_;
  const RowStore* shown_ = &right_;  // right_, or that of another join.
  RowFilter conditions_;
  bool started_ = false;
  bool left_done_ = false;
  ColumnBatch* left_batch_ = nullptr;
  // Of the right rows, for all lanes that share them.
  struct RightMatches {
    std::vector<uint8_t> matched;
    std::atomic<size_t> lanes{1};  // That have not seen all of their left rows.
  };
  std::vector<uint8_t> left_matched_;
  std::shared_ptr<RightMatches> right_matches_;
  mutable std::atomic<bool> lent_{false};
  bool left_seen_ = false;
  bool shows_lonely_right_ = false;
  std::vector<uint32_t> pair_left_, pair_right_;
  std::vector<uint32_t> left_rows_;  // Of the pairs, in the left batch.
  std::vector<std::unique_ptr<Column>> pair_columns_;
  std::vector<std::unique_ptr<Column>> nulls_;  // One for each pair column.
  size_t left_columns_ = 0;
  /// For each column of the right side: its rows are the codes of the pairs' cells.
  std::vector<uint64_t> dictionaries_;
  size_t next_right_ = 0;
  ColumnBatch batch_;
};

}  // namespace rem::sql

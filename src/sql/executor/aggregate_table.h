#pragma once

#include <memory>
#include <vector>

#include "sql/executor/aggregate_calls.h"

namespace rem::sql {

/// The groups of an aggregation and the states of their calls: a table numbers the groups, each of which has a block
/// with the states of all calls. Several tables, each filled by a thread of its own, can be merged.
class AggregateTable {
 public:
  AggregateTable(const ExecContext& context, const AggregatePlan& plan, std::span<const ColumnId> layout);

  /// Whether several threads may fill tables of this plan, which are then merged.
  static bool CanMerge(const AggregatePlan& plan);

  /// Takes a batch whose rows come at `order` and on in the order of all rows, which is the one in which new groups
  /// come out.
  void Add(const ColumnBatch& batch, uint64_t order);
  /// Takes over the groups of another table of the same plan, which must live on.
  void Merge(const AggregateTable& other);
  /// After the last batch.
  void Finish();
  /// The number of groups; without GROUP BY it is one even without rows.
  size_t size() const { return states_.size(); }
  /// Groups `first` to `first + count - 1` as rows.
  void Show(size_t first, size_t count, ColumnBatch& batch);

 private:
  static std::vector<LogicalType> GroupTypes(const AggregatePlan& plan);
  void FindGroups(const ColumnBatch& batch, uint64_t order);
  void FindGroupsByCodes(std::span<const Column* const> keys, const ColumnBatch& batch, uint64_t order);
  void AddGroup(uint64_t order);
  void CheckMemory();

  const AggregatePlan& plan_;
  MemoryUse memory_;
  KeyTable groups_;
  std::vector<Program> keys_;
  std::vector<std::unique_ptr<RunningAggregate>> calls_;
  size_t block_bytes_ = 0;
  Arena arena_;
  std::vector<std::byte*> states_;
  std::vector<uint64_t> first_seen_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> row_groups_;
  /// The groups of the cells of one dictionary, by their codes, where there is one key.
  uint64_t dictionary_ = 0;
  std::vector<uint32_t> code_groups_;
  std::vector<std::unique_ptr<Column>> shown_;
  // In the order in which the groups come out.
  std::vector<uint32_t> order_;
  std::vector<std::byte*> ordered_states_;
};

}  // namespace rem::sql

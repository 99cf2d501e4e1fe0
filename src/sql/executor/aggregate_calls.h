#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sql/executor/key_table.h"
#include "sql/executor/operator.h"
#include "sql/executor/row_filter.h"
#include "sql/plan/aggregate_function.h"

namespace rem::sql {

/// One aggregate call over all groups: finds the rows that count for it, and keeps them back where it must see them in
/// order.
class RunningAggregate {
 public:
  RunningAggregate(const ExecContext& context, const AggregateCall& call, std::span<const ColumnId> layout,
                   size_t state_offset);

  /// `groups` has the number of the group of each row that counts in the batch; states[g] is the block of group g.
  void Add(const ColumnBatch& batch, std::span<const uint32_t> groups, std::span<std::byte* const> states,
           Arena& arena);
  /// Adds states of another instance of the call: other[i] to the state of group into[i]. Not with DISTINCT or ORDER
  /// BY.
  void Merge(std::span<std::byte* const> states, std::span<const uint32_t> into, std::span<std::byte* const> other,
             Arena& arena);
  /// Hands over the rows that were kept back.
  void Flush(std::span<std::byte* const> states, Arena& arena);
  /// Writes the results of groups `first` to `first + count - 1`.
  const Column& Finish(std::span<std::byte* const> states, size_t first, size_t count);
  size_t memory_bytes() const;

 private:
  void Select(const ColumnBatch& batch, std::span<const uint32_t> groups);
  void Update(std::span<const Column* const> in, const uint32_t* rows, std::span<const uint32_t> groups,
              std::span<std::byte* const> states, Arena& arena);
  void KeepBack(const ColumnBatch& batch, std::span<const Column* const> in);
  void Throw(const KernelFailure& failure) const;

  const AggregateCall& call_;
  const size_t state_offset_;
  std::vector<Program> arguments_;
  std::vector<Program> order_;
  std::optional<RowFilter> filter_;
  /// (group, arguments) that DISTINCT has seen.
  std::optional<KeyTable> seen_;
  Column result_;
  // Of the batch at hand: rows that count, and their groups.
  std::vector<const Column*> in_;
  std::vector<uint32_t> rows_;
  std::vector<uint32_t> row_groups_;
  std::vector<std::byte*> row_states_;
  ColumnBatch filtered_;
  std::vector<uint64_t> hashes_;
  Column group_cells_{LogicalType::kInt};
  // Rows kept back for ORDER BY: arguments, then sort keys.
  std::vector<std::unique_ptr<Column>> kept_;
  std::vector<uint32_t> kept_groups_;
};

}  // namespace rem::sql

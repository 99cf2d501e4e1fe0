#pragma once

#include <span>
#include <vector>

#include "sql/executor/field_reader.h"
#include "sql/executor/row_filter.h"

namespace rem::sql {

/// Reads rows by row id: for indexes, lookups and ranks.
class RowFetcher {
 public:
  RowFetcher(const ExecContext& context, const Table& table, std::vector<ColumnId> columns,
             const std::vector<ExprPtr>& filters)
      : context_(context),
        table_(table),
        reader_(context, table, std::move(columns)),
        filter_(context, filters, reader_.ids()) {
    batch_.columns.reserve(reader_.ids().size());
    for (size_t i = 0; i < reader_.ids().size(); ++i) batch_.columns.push_back(&reader_.column(i));
  }

  /// The rows in the order of their ids, less those that are gone or that a condition refuses. `positions()` says where
  /// each row of the batch was in `rows`.
  ColumnBatch& Fetch(std::span<const RowId> rows);
  /// See Operator. False where it holds much.
  bool Release();
  void Restart(const std::vector<ExprPtr>& filters) {
    reader_.Restart();
    filter_ = RowFilter(context_, filters, reader_.ids());
  }
  std::span<const uint32_t> positions() const { return positions_; }

 private:
  /// What the point queries of a session may keep for each of their plans.
  static constexpr size_t kMostKeptBytes = 16u << 10;

  void Add(std::string_view bytes, RowId row, size_t position);

  const ExecContext& context_;
  const Table& table_;
  FieldReader reader_;
  RowFilter filter_;
  std::vector<std::string_view> rows_;
  Arena arena_;
  std::vector<uint32_t> positions_;
  ColumnBatch batch_;
};

}  // namespace rem::sql

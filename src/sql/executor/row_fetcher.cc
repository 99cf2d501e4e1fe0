#include "sql/executor/row_fetcher.h"

namespace rem::sql {

namespace {
/// From this many rows on, asking for all at once is faster than one by one.
constexpr size_t kMultiGetRows = 4;
}  // namespace

void RowFetcher::Add(std::string_view bytes, RowId row_id, size_t position) {
  const RowView row(bytes, table_.keys.get());
  if (row.deleted()) return;
  positions_.push_back(static_cast<uint32_t>(position));
  reader_.Read(batch_.rows++, row, row.properties().bytes(), row_id);
}

ColumnBatch& RowFetcher::Fetch(std::span<const RowId> rows) {
  reader_.Start(rows.size());
  arena_.Reset();
  positions_.clear();
  batch_.rows = 0;
  batch_.filtered = false;
  if (rows.size() < kMultiGetRows) {
    for (size_t i = 0; i < rows.size(); ++i) {
      if (view_->GetRow(table_, rows[i], buffer_)) Add(arena_.Copy(buffer_), rows[i], i);
    }
  } else {
    rows_ = view_->GetRows(table_, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows_[i]) Add(*rows_[i], rows[i], i);
    }
  }
  filter_.Apply(batch_);
  return batch_;
}

}  // namespace rem::sql

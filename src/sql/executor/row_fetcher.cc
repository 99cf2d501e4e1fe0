#include "sql/executor/row_fetcher.h"

namespace rem::sql {

void RowFetcher::Add(std::string_view bytes, RowId row_id, size_t position) {
  const RowView row(bytes, table_.keys.get());
  if (row.deleted()) return;
  positions_.push_back(static_cast<uint32_t>(position));
  reader_.Read(batch_.rows++, row, row.properties().bytes(), row_id);
}

bool RowFetcher::Release() {
  filter_ = RowFilter();  // Values of the execution are in it.
  return reader_.memory_bytes() + arena_.bytes() <= kMostKeptBytes;
}

ColumnBatch& RowFetcher::Fetch(std::span<const RowId> rows) {
  reader_.Start(rows.size());
  arena_.Reset();
  positions_.clear();
  batch_.rows = 0;
  batch_.filtered = false;
  context_.view->GetRows(table_, rows, arena_, rows_);
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows_[i].data() != nullptr) Add(rows_[i], rows[i], i);
  filter_.Apply(batch_);
  return batch_;
}

}  // namespace rem::sql

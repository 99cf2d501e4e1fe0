#include <algorithm>
#include <numeric>

#include "sql/executor/index_rows.h"
#include "sql/executor/query_memory.h"
#include "sql/executor/row_filter.h"
#include "sql/plan/index_access.h"

namespace rem::sql {

namespace {

constexpr size_t kEntriesBetweenChecks = 4096;

// Copies the entries first, because a cut text in one of them means that the rows have to be read after all.
class IndexOnlyScan : public Operator {
 public:
  IndexOnlyScan(const ExecContext& context, const PhysicalNode& node)
      : context_(context),
        node_(node),
        plan_(std::get<IndexScanPlan>(node.body)),
        memory_(context, "index only scan"),
        values_(Index().field.type),
        filter_(context, plan_.filters, node.layout) {}

  bool Collect() {
    EntryLimit limit(context_, plan_);
    const auto evaluate = [&](const Expr& expr) { return context_.Evaluate(expr); };
    for (const IndexRange& range : RangesOf(plan_.path.any[0], *plan_.table, evaluate)) {
      IndexCursor cursor = context_.view->ScanIndex(Index(), range);
      while (cursor.Next()) {
        bool cut = false;
        const Value value = EntryValue(cursor, Index().field.type, cut);
        if (cut) return false;
        if (too_many_ = limit.Passed(rows_.size() + 1); too_many_) return false;
        values_.Grow(rows_.size() + 1);
        values_.Set(rows_.size(), value);
        rows_.push_back(cursor.row_id());
        if (rows_.size() == kEntriesBeforeEstimate &&
            HoldsTooMany(context_, *plan_.table, Index(), range, limit.most())) {
          too_many_ = true;
          return false;
        }
        if (rows_.size() % kEntriesBetweenChecks == 0) {
          context_.CheckEnd();
          memory_.Set(rows_.capacity() * sizeof(RowId) + values_.memory_bytes());
        }
      }
    }
    memory_.Set(rows_.capacity() * sizeof(RowId) + values_.memory_bytes());
    context_.Note(node_, "index entries", rows_.size());
    // Entries come by value; every other way of reading the table gives its rows by row id.
    order_.resize(rows_.size());
    std::iota(order_.begin(), order_.end(), 0u);
    if (!std::ranges::is_sorted(rows_))
      std::ranges::sort(order_, [&](uint32_t a, uint32_t b) { return rows_[a] < rows_[b]; });
    for (const ColumnId id : node_.layout)
      columns_.emplace_back(context_.column(id).source == ColumnSource::kRowId ? LogicalType::kInt : values_.type());
    for (const Column& column : columns_) batch_.columns.push_back(&column);
    return true;
  }

  /// Why Collect() gave up.
  bool too_many() const { return too_many_; }

  ColumnBatch* Next() override {
    while (next_ < order_.size()) {
      batch_.rows = std::min(context_.batch_rows, order_.size() - next_);
      batch_.filtered = false;
      for (size_t i = 0; i < columns_.size(); ++i) Fill(i);
      next_ += batch_.rows;
      filter_.Apply(batch_);
      if (batch_.count() > 0) return &batch_;
    }
    return nullptr;
  }

 private:
  const IndexDefinition& Index() const { return plan_.table->indexes[plan_.path.any[0].index]; }

  void Fill(size_t i) {
    Column& column = columns_[i];
    column.Reset(batch_.rows);
    const bool row_ids = context_.column(node_.layout[i]).source == ColumnSource::kRowId;
    for (size_t row = 0; row < batch_.rows; ++row) {
      const uint32_t from = order_[next_ + row];
      if (row_ids) {
        column.data<int64_t>()[row] = static_cast<int64_t>(rows_[from]);
      } else {
        column.CopyCell(row, values_, from);
      }
    }
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const IndexScanPlan& plan_;
  MemoryUse memory_;
  std::vector<RowId> rows_;
  Column values_;
  std::vector<uint32_t> order_;
  RowFilter filter_;
  size_t next_ = 0;
  bool too_many_ = false;
  std::vector<Column> columns_;
  ColumnBatch batch_;
};

}  // namespace

IndexOnly NewIndexOnlyScan(const ExecContext& context, const PhysicalNode& node) {
  auto scan = std::make_unique<IndexOnlyScan>(context, node);
  if (!scan->Collect()) return {nullptr, scan->too_many()};
  return {std::move(scan), false};
}

}  // namespace rem::sql

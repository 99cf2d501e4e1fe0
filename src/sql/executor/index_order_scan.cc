#include <algorithm>

#include "sql/executor/index_rows.h"
#include "sql/executor/row_fetcher.h"
#include "sql/executor/row_store.h"
#include "sql/plan/index_access.h"

namespace rem::sql {

namespace {

constexpr size_t kFirstBatchRows = 64;
constexpr size_t kFetchRows = 256;

// Gives the entries of an index in its order. Of texts that the index holds cut, all that begin alike are read from
// their rows and sorted, for their entries say no more about their order.
class IndexOrderScan : public Operator {
 public:
  IndexOrderScan(const ExecContext& context, const PhysicalNode& node)
      : context_(context),
        node_(node),
        plan_(std::get<IndexOrderScanPlan>(node.body)),
        index_(plan_.table->indexes[plan_.access.index]),
        filter_(context, plan_.filters, node.layout) {
    for (const ColumnId id : node.layout) {
      is_row_id_.push_back(context.column(id).source == ColumnSource::kRowId);
      columns_.emplace_back(is_row_id_.back() ? LogicalType::kInt : index_.field.type);
      if (!is_row_id_.back()) key_ = id;
    }
    for (const Column& column : columns_) entries_.columns.push_back(&column);
    Restart();
  }

  bool Release() override {
    if (!filter_.empty() || fetcher_ || batch_rows_ > kMostKeptRows) return false;
    cursor_.reset();
    have_entry_ = false;
    return true;
  }
  void Restart() override {
    batch_rows_ = std::min(kFirstBatchRows, context_.batch_rows);
    ranges_ = RangesOf(plan_.access, *plan_.table, [&](const Expr& expr) { return context_.Evaluate(expr); });
    if (!plan_.descending) std::ranges::reverse(ranges_);
  }

  ColumnBatch* Next() override {
    while (true) {
      context_.CheckEnd();
      if (next_alike_ < order_.size()) return ShowAlike();
      if (!have_entry_ && !Step()) return nullptr;
      if (cut_) {
        ReadAlike();
        continue;
      }
      ReadEntries();
      filter_.Apply(entries_);
      if (entries_.count() > 0) return &entries_;
    }
  }

 private:
  // To the next entry. False after the last one.
  bool Step() {
    have_entry_ = false;
    while (true) {
      if (cursor_ && cursor_->Next()) {
        value_ = EntryValue(*cursor_, index_.field.type, cut_);
        return have_entry_ = true;
      }
      cursor_.reset();
      if (ranges_.empty()) return false;
      cursor_.emplace(context_.view->ScanIndex(index_, ranges_.back(), plan_.descending));
      ranges_.pop_back();
    }
  }

  void ReadEntries() {
    for (Column& column : columns_) column.Reset(batch_rows_);
    entries_.rows = 0;
    entries_.filtered = false;
    do {
      const size_t row = entries_.rows++;
      for (size_t i = 0; i < columns_.size(); ++i) {
        if (is_row_id_[i]) {
          columns_[i].data<int64_t>()[row] = static_cast<int64_t>(cursor_->row_id());
        } else {
          columns_[i].Set(row, value_);
        }
      }
    } while (Step() && !cut_ && entries_.rows < batch_rows_);
    batch_rows_ = std::min(batch_rows_ * 4, context_.batch_rows);
  }

  void ReadAlike() {
    const Value beginning = value_;
    std::vector<RowId> rows;
    do {
      rows.push_back(cursor_->row_id());
    } while (Step() && cut_ && value_ == beginning);
    if (!fetcher_) {
      // The value is needed for the order, whether or not it is asked for.
      std::vector<ColumnId> columns = node_.layout;
      fetcher_.emplace(context_, *plan_.table, columns, plan_.filters);
      alike_ = std::make_unique<RowStore>(context_, columns, "index order scan");
    }
    alike_->Clear();
    for (size_t next = 0; next < rows.size(); next += kFetchRows) {
      const ColumnBatch& fetched =
          fetcher_->Fetch(std::span(rows).subspan(next, std::min(kFetchRows, rows.size() - next)));
      for (size_t i = 0; i < fetched.count(); ++i) alike_->Append(fetched, fetched.row(i));
      alike_->CheckMemory(rows.capacity() * sizeof(RowId));
      context_.CheckEnd();
    }
    const RowOrder by_value({{key_, plan_.descending, plan_.descending}}, node_.layout);
    alike_->Show({}, shown_);
    order_.resize(alike_->size());
    for (size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<uint32_t>(i);
    std::ranges::stable_sort(
        order_, [&](uint32_t a, uint32_t b) { return by_value.Compare(shown_.columns, a, shown_.columns, b) < 0; });
    next_alike_ = 0;
  }

  ColumnBatch* ShowAlike() {
    const size_t count = std::min(context_.batch_rows, order_.size() - next_alike_);
    alike_->Show(std::span(order_).subspan(next_alike_, count), shown_);
    next_alike_ += count;
    return &shown_;
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const IndexOrderScanPlan& plan_;
  const IndexDefinition& index_;
  RowFilter filter_;
  size_t batch_rows_ = 0;
  ColumnId key_ = 0;
  std::vector<uint8_t> is_row_id_;
  std::vector<Column> columns_;
  ColumnBatch entries_;
  std::vector<IndexRange> ranges_;  // Those to come, the next one last.
  std::optional<IndexCursor> cursor_;
  bool have_entry_ = false;
  Value value_;  // Of the entry at hand.
  bool cut_ = false;
  std::optional<RowFetcher> fetcher_;
  std::unique_ptr<RowStore> alike_;
  std::vector<uint32_t> order_;
  size_t next_alike_ = 0;
  ColumnBatch shown_;
};

}  // namespace

OperatorPtr NewIndexOrderScan(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<IndexOrderScan>(context, node);
}

}  // namespace rem::sql

#include <algorithm>

#include "sql/executor/lanes.h"
#include "sql/executor/row_fetcher.h"
#include "sql/plan/index_access.h"

namespace rem::sql {

namespace {

/// Reading one row by its id costs about as much as scanning this many.
constexpr int64_t kScannedRowsForOneGet = 16;
constexpr size_t kAlwaysByIndex = 64;
constexpr size_t kFetchRows = 256;
constexpr size_t kEntriesBetweenChecks = 4096;

/// Row ids that are read by index; more than these, and the table is scanned.
size_t MostRows(const Table& table) {
  const int64_t live = std::max<int64_t>(table.counters->live_rows.load(), 0);
  return std::max<size_t>(kAlwaysByIndex, static_cast<size_t>(live / kScannedRowsForOneGet));
}

class IndexScan : public Operator {
 public:
  IndexScan(const ExecContext& context, const PhysicalNode& node)
      : context_(context), node_(node), plan_(std::get<IndexScanPlan>(node.body)) {}

  ColumnBatch* Next() override {
    if (!started_) Start();
    if (scan_ != nullptr) return scan_->Next();
    const size_t chunk = std::min(kFetchRows, context_.batch_rows);
    while (next_ < rows_.size()) {
      const size_t count = std::min(chunk, rows_.size() - next_);
      ColumnBatch& batch = fetcher_->Fetch(std::span(rows_).subspan(next_, count));
      next_ += count;
      if (batch.count() > 0) return &batch;
    }
    return nullptr;
  }

 private:
  void Start() {
    started_ = true;
    // A lane of an index scan is one because there are too many rows.
    if (context_.lane != nullptr && context_.lane->scan == &node_) return ScanInstead(context_.lane);
    const size_t most = MostRows(*plan_.table);
    const auto evaluate = [&](const Expr& expr) { return context_.Evaluate(expr); };
    for (const IndexRange& range : RangesOf(plan_.access, *plan_.table, evaluate)) {
      IndexCursor cursor = context_.view->ScanIndex(plan_.table->indexes[plan_.access.index], range);
      while (cursor.Next()) {
        rows_.push_back(cursor.row_id());
        if (rows_.size() % kEntriesBetweenChecks == 0) context_.CheckEnd();
        if (rows_.size() > most) return ScanInstead(nullptr);
      }
    }
    context_.Note(node_, "index entries", rows_.size());
    std::ranges::sort(rows_);
    rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
    fetcher_.emplace(context_, *plan_.table, node_.layout, plan_.filters);
  }

  void ScanInstead(Lane* lane) {
    context_.Note(node_, "scans of the table instead", 1);
    rows_ = {};
    scan_node_.body = TableScanPlan{plan_.table, plan_.columns, plan_.filters};
    scan_node_.layout = node_.layout;
    scan_ = NewTableScan(context_, scan_node_, lane);
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const IndexScanPlan& plan_;
  bool started_ = false;
  std::vector<RowId> rows_;
  size_t next_ = 0;
  std::optional<RowFetcher> fetcher_;
  PhysicalNode scan_node_;
  OperatorPtr scan_;
};

}  // namespace

bool ReadsWholeTable(const ExecContext& context, const IndexScanPlan& plan) {
  const size_t most = MostRows(*plan.table);
  size_t entries = 0;
  const auto evaluate = [&](const Expr& expr) { return context.Evaluate(expr); };
  for (const IndexRange& range : RangesOf(plan.access, *plan.table, evaluate)) {
    IndexCursor cursor = context.view->ScanIndex(plan.table->indexes[plan.access.index], range);
    while (cursor.Next()) {
      if (++entries > most) return true;
      if (entries % kEntriesBetweenChecks == 0) context.CheckEnd();
    }
  }
  return false;
}

OperatorPtr NewIndexScan(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<IndexScan>(context, node);
}

}  // namespace rem::sql

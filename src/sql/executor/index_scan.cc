#include <algorithm>

#include "sql/executor/index_rows.h"
#include "sql/executor/lanes.h"
#include "sql/executor/query_memory.h"
#include "sql/executor/row_fetcher.h"
#include "storage/key_codec.h"

namespace rem::sql {

namespace {

constexpr size_t kFetchRows = 256;

class IndexScan : public Operator {
 public:
  IndexScan(const ExecContext& context, const PhysicalNode& node)
      : context_(context), node_(node), plan_(std::get<IndexScanPlan>(node.body)) {}

  ColumnBatch* Next() override {
    if (!started_) Start();
    if (other_ != nullptr) return other_->Next();
    const size_t chunk = std::min(kFetchRows, context_.batch_rows);
    while (next_ < rows_.size()) {
      const size_t count = std::min(chunk, rows_.size() - next_);
      ColumnBatch& batch = fetcher_->Fetch(std::span(rows_).subspan(next_, count));
      next_ += count;
      if (batch.count() > 0) return &batch;
    }
    return nullptr;
  }

  bool Release() override {
    if (scans_ || rows_.capacity() > kMostKeptRows) return false;
    other_.reset();
    if (fetcher_ && !fetcher_->Release()) fetcher_.reset();
    memory_.reset();
    rows_.clear();
    others_.clear();
    next_ = 0;
    started_ = false;
    return true;
  }

 private:
  void Start() {
    started_ = true;
    // A lane of an index scan is one because there are too many rows.
    if (context_.lane != nullptr && context_.lane->scan == &node_) return ScanInstead(context_.lane);
    if (plan_.path.covering) {
      IndexOnly only = NewIndexOnlyScan(context_, node_);
      if (only.too_many) return ScanInstead(nullptr);
      other_ = std::move(only.scan);
    }
    if (other_ != nullptr) return;
    if (!FindIndexRows(context_, node_, plan_, rows_)) return ScanInstead(nullptr);
    memory_.emplace(context_, "index scan").Set(rows_.capacity() * sizeof(RowId));
    const std::vector<ExprPtr>& filters = Implied() ? others_ : plan_.filters;
    if (fetcher_) {
      fetcher_->Restart(filters);  // Of an earlier execution.
    } else {
      fetcher_.emplace(context_, *plan_.table, node_.layout, filters);
    }
  }

  // Whether all rows found meet the condition that the plan says; the other conditions are then in `others_`.
  bool Implied() {
    if (!plan_.path.implied) return false;
    if (MayBeCut(*plan_.path.any[0].points[0])) return false;
    for (size_t i = 0; i < plan_.filters.size(); ++i)
      if (i != *plan_.path.implied) others_.push_back(plan_.filters[i]);
    return true;
  }

  // Whether the index may hold the value of a point cut.
  bool MayBeCut(const Expr& point) const {
    const auto is_long = [](const Value& value) {
      return value.type() == LogicalType::kText && value.AsText().size() >= kMaxIndexedTextBytes;
    };
    // What needs no copy gets none.
    if (point.kind == ExprKind::kParameter && context_.parameters[point.parameter].type() == point.type)
      return is_long(context_.parameters[point.parameter]);
    return point.type == LogicalType::kText && is_long(context_.Evaluate(point));
  }

  void ScanInstead(Lane* lane) {
    context_.Note(node_, "scans of the table instead", 1);
    scans_ = true;
    scan_node_.body = TableScanPlan{plan_.table, plan_.columns, plan_.filters};
    scan_node_.layout = node_.layout;
    other_ = NewTableScan(context_, scan_node_, lane);
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const IndexScanPlan& plan_;
  std::optional<MemoryUse> memory_;
  bool started_ = false;
  bool scans_ = false;  ///< The table; `other_` does.
  std::vector<RowId> rows_;
  std::vector<ExprPtr> others_;
  size_t next_ = 0;
  std::optional<RowFetcher> fetcher_;
  PhysicalNode scan_node_;
  OperatorPtr other_;
};

}  // namespace

OperatorPtr NewIndexScan(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<IndexScan>(context, node);
}

}  // namespace rem::sql

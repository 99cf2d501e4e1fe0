#include <algorithm>
#include <utility>

#include "sql/executor/row_fetcher.h"
#include "sql/plan/index_access.h"

namespace rem::sql {

namespace {

constexpr size_t kLeastRows = 64;
constexpr size_t kMostRows = 256;
constexpr int64_t kScannedRowsForOneGet = 8;

// Walks an index in the wanted order. Nothing comes out until it is sure that it need not give up, so it collects row
// ids first. Where the first chunk holds the whole answer, as it nearly always does, that chunk comes out; else the
// rows are read once more.
class OrderedTopN : public Operator {
 public:
  OrderedTopN(const ExecContext& context, const PhysicalNode& node, OperatorPtr fallback)
      : context_(context),
        node_(node),
        plan_(std::get<OrderedTopNPlan>(node.body)),
        fallback_(std::move(fallback)),
        fetcher_(context, *plan_.table, node.layout, plan_.filters),
        values_(EvaluateLimit(context, plan_.limit)) {}

  ColumnBatch* Next() override {
    if (!started_) {
      started_ = true;
      gave_up_ = values_.limit > 0 && !Collect();
      context_.Note(node_, "given up", gave_up_ ? 1 : 0);
    }
    if (gave_up_) return fallback_->Next();
    if (single_batch_ != nullptr) return std::exchange(single_batch_, nullptr);
    while (next_ < rows_.size()) {
      const size_t count = std::min({context_.batch_rows, kMostRows, rows_.size() - next_});
      ColumnBatch& batch = fetcher_.Fetch(std::span(rows_).subspan(next_, count));
      next_ += count;
      if (batch.count() > 0) return &batch;
    }
    return nullptr;
  }

  bool Release() override {
    if (gave_up_ || rows_.capacity() > kMostKeptRows || !fetcher_.Release()) return false;
    rows_.clear();
    next_ = 0;
    single_batch_ = nullptr;
    started_ = false;
    return true;
  }
  void Restart() override {
    values_ = EvaluateLimit(context_, plan_.limit);
    fetcher_.Restart(plan_.filters);
  }

 private:
  // False when the index cannot say, or not cheaply.
  bool Collect() {
    const int64_t live = plan_.table->counters->live_rows.load();
    const size_t wanted = static_cast<size_t>(std::min<int64_t>(values_.total(), INT32_MAX));
    const size_t most =
        std::max<size_t>({wanted, kMostRows, static_cast<size_t>(std::max<int64_t>(live, 0) / kScannedRowsForOneGet)});
    const auto evaluate = [&](const Expr& expr) { return context_.Evaluate(expr); };
    const LogicalType type = plan_.table->indexes[plan_.access.index].field.type;
    const bool text = type == LogicalType::kText || type == LogicalType::kBytea;
    size_t read = 0, skipped = 0;
    for (const IndexRange& range : RangesOf(plan_.access, *plan_.table, evaluate)) {
      IndexCursor cursor =
          context_.view->ScanIndex(plan_.table->indexes[plan_.access.index], range, plan_.keys[0].descending);
      std::vector<RowId> chunk;
      bool more = true;
      while (more) {
        const size_t missing = wanted - skipped - rows_.size();
        const size_t size =
            plan_.filters.empty() ? std::min(missing, kMostRows) : std::clamp(missing, kLeastRows, kMostRows);
        chunk.clear();
        while (chunk.size() < size && (more = cursor.Next())) {
          bool cut = false;
          if (text) cursor.value(&cut);
          if (cut) return false;
          chunk.push_back(cursor.row_id());
        }
        read += chunk.size();
        if (read > most) return false;
        if (chunk.empty()) break;
        ColumnBatch& batch = fetcher_.Fetch(chunk);
        Take(batch, chunk, skipped);
        if (skipped + rows_.size() >= wanted) {
          // Everything came with this one chunk: no need to read it again.
          if (read == chunk.size() && rows_.size() <= context_.batch_rows) ShowFirst(batch);
          return true;
        }
      }
    }
    return true;
  }

  void Take(const ColumnBatch& batch, const std::vector<RowId>& chunk, size_t& skipped) {
    for (size_t i = 0; i < batch.count(); ++i) {
      if (static_cast<int64_t>(skipped) < values_.offset) {
        ++skipped;
      } else if (static_cast<int64_t>(rows_.size()) < values_.limit) {
        rows_.push_back(chunk[fetcher_.positions()[batch.row(i)]]);
      }
    }
  }

  void ShowFirst(ColumnBatch& batch) {
    std::vector<uint32_t> selection;
    for (size_t i = static_cast<size_t>(values_.offset); i < batch.count() && selection.size() < rows_.size(); ++i)
      selection.push_back(static_cast<uint32_t>(batch.row(i)));
    batch.selection = std::move(selection);
    batch.filtered = true;
    if (!batch.selection.empty()) single_batch_ = &batch;
    rows_.clear();
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const OrderedTopNPlan& plan_;
  OperatorPtr fallback_;
  RowFetcher fetcher_;
  LimitValues values_;
  bool started_ = false;
  bool gave_up_ = false;
  std::vector<RowId> rows_;
  size_t next_ = 0;
  ColumnBatch* single_batch_ = nullptr;
};

}  // namespace

OperatorPtr NewOrderedTopN(const ExecContext& context, const PhysicalNode& node, OperatorPtr fallback) {
  return std::make_unique<OrderedTopN>(context, node, std::move(fallback));
}

}  // namespace rem::sql

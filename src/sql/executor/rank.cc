#include <algorithm>

#include "search/vector_search.h"
#include "sql/executor/row_fetcher.h"

namespace rem::sql {

namespace {

/// The k best rows by the score of a vector column: of the rows of its input, or of the whole table.
class Rank : public Operator {
 public:
  Rank(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        node_(node),
        plan_(std::get<RankPlan>(node.body)),
        input_(std::move(input)),
        fetcher_(context, *plan_.rank.table, plan_.columns, {}) {}

  ColumnBatch* Next() override {
    if (!started_) Search();
    while (next_ < found_.size()) {
      const size_t count = std::min(context_.batch_rows, found_.size() - next_);
      std::vector<RowId> rows;
      for (size_t i = 0; i < count; ++i) rows.push_back(found_[next_ + i].row);
      const ColumnBatch& fetched = fetcher_.Fetch(rows);
      score_.Reset(fetched.rows);
      for (size_t i = 0; i < fetched.rows; ++i)
        score_.data<double>()[i] = found_[next_ + fetcher_.positions()[i]].score;
      next_ += count;
      batch_ = fetched;
      batch_.columns.push_back(&score_);
      if (batch_.rows > 0) return &batch_;
    }
    return nullptr;
  }

 private:
  void Search() {
    started_ = true;
    const LogicalRank& rank = plan_.rank;
    LimitValues values = EvaluateLimit(context_, {rank.limit, rank.offset});
    if (rank.limit == nullptr) values.limit = kDefaultRankLimit;
    const VectorColumn* column = rank.table->FindVector(rank.column);
    REM_CHECK(column != nullptr);
    VectorQuery query;
    query.metric = rank.metric == VectorMetric::kCosine ? FlatQuery::Metric::kCosine : FlatQuery::Metric::kInnerProduct;
    query.vector = rank.query;
    query.k = static_cast<size_t>(values.total());
    if (context_.ef_search > 0) query.ef = context_.ef_search;
    std::vector<RowId> rows;
    if (input_ != nullptr) {
      while (const ColumnBatch* batch = input_->Next()) {
        const size_t place = std::ranges::find(node_.input->layout, plan_.row_id) - node_.input->layout.begin();
        const int64_t* ids = batch->columns[place]->data<int64_t>();
        for (size_t i = 0; i < batch->count(); ++i)
          rows.push_back(static_cast<RowId>(ids[batch->row(i) & batch->columns[place]->row_mask()]));
      }
      input_.reset();
      std::ranges::sort(rows);
      query.rows = rows;
    }
    query.check = [this] { context_.CheckEnd(); };
    VectorSearchReport report;
    found_ = VectorSearch(*context_.view, *rank.table, *column, query, &report);
    if (report.strategy != VectorSearchReport::Strategy::kExact) {
      context_.Note(node_, StrategyName(report.strategy), 1);
      context_.Note(node_, "codes compared", report.codes);
    }
    if (query.rows) context_.Note(node_, "candidates", query.rows->size());
    context_.Note(node_, "distances computed", report.scored);
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const RankPlan& plan_;
  OperatorPtr input_;
  RowFetcher fetcher_;
  bool started_ = false;
  std::vector<ScoredRow> found_;
  size_t next_ = 0;
  Column score_{LogicalType::kDouble};
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewRank(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Rank>(context, node, std::move(input));
}

}  // namespace rem::sql

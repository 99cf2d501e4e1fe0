#include <algorithm>

#include "sql/executor/nearest.h"
#include "sql/executor/row_fetcher.h"
#include "sql/executor/selected_rows.h"

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
    // The score of kL2 is the distance itself.
    const double sign = plan_.rank.metric == VectorMetric::kL2 ? -1 : 1;
    while (next_ < found_.size()) {
      const size_t count = std::min(context_.batch_rows, found_.size() - next_);
      std::vector<RowId> rows;
      for (size_t i = 0; i < count; ++i) rows.push_back(found_[next_ + i].row);
      const ColumnBatch& fetched = fetcher_.Fetch(rows);
      score_.Reset(fetched.rows);
      for (size_t i = 0; i < fetched.rows; ++i)
        score_.data<double>()[i] = sign * found_[next_ + fetcher_.positions()[i]].score;
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
    query.metric = SearchMetric(rank.metric);
    const Value wanted = context_.Evaluate(*rank.query);
    query.vector = wanted.AsVector();
    query.k = static_cast<size_t>(values.total());
    if (context_.ef_search > 0) query.ef = context_.ef_search;
    Selection rows;
    if (input_ != nullptr) {
      rows = SelectRows(context_, *input_, node_, plan_.row_id);
      input_.reset();
      query.rows = *rows;
    }
    query.check = [this] { context_.CheckEnd(); };
    VectorSearchReport report;
    found_ = VectorSearch(*context_.view, *rank.table, *column, query, &report);
    NoteSearch(context_, node_, query, report);
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

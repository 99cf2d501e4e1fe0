#include "sql/executor/nearest.h"

#include <algorithm>
#include <cmath>

#include "sql/executor/row_fetcher.h"
#include "sql/executor/selected_rows.h"

namespace rem::sql {

FlatQuery::Metric SearchMetric(VectorMetric metric) {
  switch (metric) {
    case VectorMetric::kCosine:
      return FlatQuery::Metric::kCosine;
    case VectorMetric::kInnerProduct:
      return FlatQuery::Metric::kInnerProduct;
    case VectorMetric::kL2:
      return FlatQuery::Metric::kL2;
  }
  return FlatQuery::Metric::kCosine;
}

void NoteSearch(const ExecContext& context, const PhysicalNode& node, const VectorQuery& query,
                const VectorSearchReport& report) {
  if (report.strategy != VectorSearchReport::Strategy::kExact) {
    context.Note(node, StrategyName(report.strategy), 1);
    context.Note(node, "ef", report.ef);
    context.Note(node, "codes compared", report.codes);
  }
  if (query.rows) context.Note(node, "candidates", query.rows->size());
  context.Note(node, "distances computed", report.scored);
}

namespace {

/// How far a bound on the distance is opened for the search, which knows scores: the rows are compared with the bound
/// itself afterwards, and rounding may not keep one from getting there.
constexpr double kSlack = 1e-6;

class Nearest : public Operator {
 public:
  Nearest(const ExecContext& context, const PhysicalNode& node, OperatorPtr input, OperatorPtr fallback)
      : context_(context),
        node_(node),
        plan_(std::get<NearestPlan>(node.body)),
        input_(std::move(input)),
        fallback_(std::move(fallback)),
        values_(EvaluateLimit(context, plan_.limit)),
        fetcher_(context, *plan_.table, Fields(), {}) {
    reads_rows_ = node.layout.size() > 1;
    place_ = static_cast<size_t>(std::ranges::find(node.layout, plan_.distance) - node.layout.begin());
  }

  ColumnBatch* Next() override {
    if (!started_) {
      started_ = true;
      gave_up_ = values_.limit > 0 && !Search();
      context_.Note(node_, "given up", gave_up_ ? 1 : 0);
      input_.reset();
      if (!gave_up_) fallback_.reset();
    }
    if (gave_up_) return NextOfFallback();
    while (next_ < found_.size()) {
      const size_t count = std::min(context_.batch_rows, found_.size() - next_);
      if (!reads_rows_) return ShowDistances(count);
      ids_.clear();
      for (size_t i = 0; i < count; ++i) ids_.push_back(found_[next_ + i].row);
      const ColumnBatch& fetched = fetcher_.Fetch(ids_);
      distance_.Reset(fetched.rows);
      for (size_t i = 0; i < fetched.rows; ++i)
        distance_.data<double>()[i] = Distance(found_[next_ + fetcher_.positions()[i]]);
      next_ += count;
      batch_ = fetched;
      batch_.columns.insert(batch_.columns.begin() + static_cast<ptrdiff_t>(place_), &distance_);
      if (batch_.rows > 0) return &batch_;
    }
    return nullptr;
  }

 private:
  std::vector<ColumnId> Fields() const {
    std::vector<ColumnId> fields = node_.layout;
    std::erase(fields, plan_.distance);
    return fields;
  }

  // Nothing is asked of the rows, which the search knows to be there.
  ColumnBatch* ShowDistances(size_t count) {
    distance_.Reset(count);
    for (size_t i = 0; i < count; ++i) distance_.data<double>()[i] = Distance(found_[next_ + i]);
    next_ += count;
    batch_.columns = {&distance_};
    batch_.rows = count;
    batch_.filtered = false;
    return &batch_;
  }

  ColumnBatch* NextOfFallback() {
    const ColumnBatch* batch = fallback_->Next();
    if (batch == nullptr) return nullptr;
    batch_ = *batch;
    batch_.columns.clear();
    for (const ColumnId id : node_.layout)
      batch_.columns.push_back(
          batch
              ->columns[static_cast<size_t>(std::ranges::find(node_.right->layout, id) - node_.right->layout.begin())]);
    return &batch_;
  }

  double Distance(const ScoredRow& scored) const {
    const double part = plan_.factor * scored.score;
    return plan_.offset == 0 ? part : plan_.offset + part;  // Adding 0 would take the sign from -0.
  }

  // False when the search cannot give the answer.
  bool Search() {
    const VectorColumn* column = plan_.table->FindVector(plan_.column);
    const Value wanted = context_.Evaluate(*plan_.query);
    if (column == nullptr || wanted.IsNull()) return false;
    VectorQuery query;
    query.metric = SearchMetric(plan_.metric);
    query.vector = wanted.AsVector();
    // The fallback says what is wrong with a vector of another dimension.
    if (column->dimension == 0 || query.vector.size() != column->dimension) return false;
    query.k = static_cast<size_t>(values_.total());
    if (query.k > kMaxGraphTop && plan_.bounds.empty()) return false;
    if (context_.ef_search > 0) query.ef = context_.ef_search;
    if (!SetBounds(query)) return false;
    Selection rows;
    if (input_ != nullptr) {
      rows = SelectRows(context_, *input_, node_, plan_.row_id);
      query.rows = *rows;
    }
    query.check = [this] { context_.CheckEnd(); };
    const bool nulls_may_come = plan_.nulls_first && plan_.bounds.empty();
    if (nulls_may_come && !EveryRowHasVector(*context_.view, *plan_.table, *column, query.metric, query.rows))
      return false;
    VectorSearchReport report;
    found_ = VectorSearch(*context_.view, *plan_.table, *column, query, &report);
    NoteSearch(context_, node_, query, report);
    // Rows without a vector follow the others, unless a condition on the distance keeps them out.
    const bool complete =
        !plan_.bounds.empty() || found_.size() >= query.k || (query.rows && found_.size() == query.rows->size());
    if (!complete) return false;
    std::erase_if(found_, [&](const ScoredRow& scored) { return !Within(Distance(scored)); });
    const size_t skipped = std::min(found_.size(), static_cast<size_t>(values_.offset));
    found_.erase(found_.begin(), found_.begin() + static_cast<ptrdiff_t>(skipped));
    return true;
  }

  // False for a bound that is no number: nothing is compared with NULL.
  bool SetBounds(VectorQuery& query) {
    for (const NearestPlan::Bound& bound : plan_.bounds) {
      const Value value = context_.Evaluate(*bound.value);
      if (value.IsNull() || std::isnan(value.AsDouble())) return false;
      bounds_.push_back({value.AsDouble(), bound.inclusive});
      const double score = (value.AsDouble() - plan_.offset) / plan_.factor;
      query.min_score = std::max(query.min_score, score - kSlack * std::max(1.0, std::abs(score)));
    }
    return true;
  }

  bool Within(double distance) const {
    return std::ranges::all_of(bounds_, [&](const BoundValue& bound) {
      if (distance == bound.value) return bound.inclusive;
      return plan_.factor < 0 ? distance < bound.value : distance > bound.value;
    });
  }

  struct BoundValue {
    double value = 0;
    bool inclusive = true;
  };

  const ExecContext& context_;
  const PhysicalNode& node_;
  const NearestPlan& plan_;
  OperatorPtr input_;
  OperatorPtr fallback_;
  const LimitValues values_;
  RowFetcher fetcher_;
  size_t place_ = 0;  // Of the distance in the layout.
  bool reads_rows_ = true;
  bool started_ = false;
  bool gave_up_ = false;
  std::vector<BoundValue> bounds_;
  std::vector<ScoredRow> found_;
  std::vector<RowId> ids_;
  size_t next_ = 0;
  Column distance_{LogicalType::kDouble};
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewNearest(const ExecContext& context, const PhysicalNode& node, OperatorPtr input, OperatorPtr fallback) {
  return std::make_unique<Nearest>(context, node, std::move(input), std::move(fallback));
}

}  // namespace rem::sql

#include "sql/executor/row_fetcher.h"
#include "sql/plan/index_access.h"

namespace rem::sql {

namespace {

class IdLookup : public Operator {
 public:
  IdLookup(const ExecContext& context, const PhysicalNode& node)
      : context_(context),
        plan_(std::get<IdLookupPlan>(node.body)),
        fetcher_(context, *plan_.table, node.layout, plan_.filters) {}

  ColumnBatch* Next() override {
    if (!started_) ids_ = IdsOf(plan_.ids, [&](const Expr& expr) { return context_.Evaluate(expr); });
    started_ = true;
    while (next_ < ids_.size()) {
      std::vector<RowId> rows;
      for (; next_ < ids_.size() && rows.size() < context_.batch_rows; ++next_) {
        const auto place = context_.view->FindId(ids_[next_]);
        if (place && place->first == plan_.table->id) rows.push_back(place->second);
      }
      ColumnBatch& batch = fetcher_.Fetch(rows);
      if (batch.count() > 0) return &batch;
    }
    return nullptr;
  }
  bool Release() override {
    started_ = false;
    next_ = 0;
    return ids_.capacity() <= kMostKeptRows && fetcher_.Release();
  }
  void Restart() override { fetcher_.Restart(plan_.filters); }

 private:
  const ExecContext& context_;
  const IdLookupPlan& plan_;
  RowFetcher fetcher_;
  bool started_ = false;
  std::vector<Uuid> ids_;
  size_t next_ = 0;
};

}  // namespace

OperatorPtr NewIdLookup(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<IdLookup>(context, node);
}

}  // namespace rem::sql

#include <algorithm>

#include "sql/executor/pair_join.h"
#include "sql/executor/row_fetcher.h"
#include "sql/plan/index_access.h"

namespace rem::sql {

namespace {

// Looks the partners of each left row up, a batch of pairs at a time. Left rows without one come out at the end of
// their batch, as the kind of join says.
class IndexJoin : public Operator {
 public:
  IndexJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left)
      : context_(context),
        plan_(std::get<IndexJoinPlan>(node.body)),
        left_input_(std::move(left)),
        stops_at_match_(plan_.kind == JoinKind::kSemi || plan_.kind == JoinKind::kAnti),
        key_(Program::Compile(*plan_.key, node.input->layout, context.fixed())),
        fetcher_(context, *plan_.table, plan_.columns, plan_.filters),
        left_columns_(node.input->layout.size()),
        conditions_(context, plan_.conditions, PairLayout(node)) {
    for (const ColumnId id : PairLayout(node)) {
      pair_columns_.push_back(std::make_unique<Column>(context.column(id).type));
      nulls_.push_back(std::make_unique<Column>(context.column(id).type));
      nulls_.back()->SetConstant(Value());
    }
    if (plan_.index) access_.index = *plan_.index;
    access_.points = {plan_.key};
  }

  ColumnBatch* Next() override {
    while (true) {
      if (left_batch_ == nullptr && !StartLeft()) return nullptr;
      FindPairs();
      if (!pair_left_.empty()) {
        if (ColumnBatch* pairs = MatchedPairs()) return pairs;
        continue;
      }
      ColumnBatch* lonely = LonelyLeft();
      left_batch_ = nullptr;
      if (lonely != nullptr) return lonely;
    }
  }

 private:
  std::vector<ColumnId> PairLayout(const PhysicalNode& node) const {
    std::vector<ColumnId> layout = node.input->layout;
    layout.insert(layout.end(), plan_.columns.begin(), plan_.columns.end());
    return layout;
  }

  bool StartLeft() {
    left_batch_ = left_input_->Next();
    if (left_batch_ == nullptr) return false;
    keys_ = &key_.Run(left_batch_->columns, left_batch_->rows, left_batch_->row_numbers(), left_batch_->count());
    left_matched_.assign(left_batch_->count(), 0);
    left_ = 0;
    return true;
  }

  // Row ids that may belong to left rows, from `left_` on, as many as fit a batch.
  void FindPairs() {
    pair_left_.clear();
    pair_rows_.clear();
    if (cursor_ && stops_at_match_ && left_matched_[left_ - 1] != 0) {
      cursor_.reset();
      ranges_.clear();
    }
    while (pair_left_.size() < context_.batch_rows) {
      if (cursor_) {
        if (cursor_->Next()) {
          Pair(left_ - 1, cursor_->row_id());
          continue;
        }
        cursor_.reset();
      }
      if (!ranges_.empty()) {
        cursor_.emplace(context_.view->ScanIndex(plan_.table->indexes[*plan_.index], ranges_.back()));
        ranges_.pop_back();
        continue;
      }
      if (left_ == left_batch_->count()) return;
      LookUp(left_++);
    }
  }

  void LookUp(size_t left) {
    const size_t row = left_batch_->row(left);
    if (keys_->IsNull(row)) return;
    const Value key = keys_->Get(row);
    if (plan_.index) {
      ranges_ = RangesOf(access_, *plan_.table, [&](const Expr&) { return key; });
      return;
    }
    const auto place = context_.view->FindId(key.AsUuid());
    if (place && place->first == plan_.table->id) Pair(left, place->second);
  }

  void Pair(size_t left, RowId row) {
    pair_left_.push_back(static_cast<uint32_t>(left));
    pair_rows_.push_back(row);
  }

  // Reads the rows of the pairs, each once, and drops pairs whose row is gone or refused.
  const ColumnBatch& FetchPairs() {
    wanted_ = pair_rows_;
    std::ranges::sort(wanted_);
    wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
    const ColumnBatch& fetched = fetcher_.Fetch(wanted_);
    constexpr uint32_t kGone = UINT32_MAX;
    place_.assign(wanted_.size(), kGone);
    for (size_t i = 0; i < fetched.count(); ++i)
      place_[fetcher_.positions()[fetched.row(i)]] = static_cast<uint32_t>(fetched.row(i));
    size_t kept = 0;
    pair_right_.clear();
    for (size_t i = 0; i < pair_left_.size(); ++i) {
      const size_t at = std::ranges::lower_bound(wanted_, pair_rows_[i]) - wanted_.begin();
      if (place_[at] == kGone) continue;
      pair_left_[kept++] = pair_left_[i];
      pair_right_.push_back(place_[at]);
    }
    pair_left_.resize(kept);
    return fetched;
  }

  // Pairs that meet the conditions, or nullptr when none is to be shown.
  ColumnBatch* MatchedPairs() {
    const ColumnBatch& fetched = FetchPairs();
    batch_.columns.clear();
    for (size_t c = 0; c < pair_columns_.size(); ++c) {
      Column& column = *pair_columns_[c];
      const bool left = c < left_columns_;
      const Column& from = left ? *left_batch_->columns[c] : *fetched.columns[c - left_columns_];
      column.Reset(pair_left_.size());
      for (size_t i = 0; i < pair_left_.size(); ++i)
        column.CopyCell(i, from, left ? left_batch_->row(pair_left_[i]) : pair_right_[i]);
      batch_.columns.push_back(&column);
    }
    batch_.rows = pair_left_.size();
    batch_.filtered = false;
    conditions_.Apply(batch_);
    for (size_t i = 0; i < batch_.count(); ++i) {
      uint8_t& matched = left_matched_[pair_left_[batch_.row(i)]];
      if (plan_.kind == JoinKind::kSingle && matched != 0) ThrowSeveralRows();
      matched = 1;
    }
    return stops_at_match_ || batch_.count() == 0 ? nullptr : &batch_;
  }

  ColumnBatch* LonelyLeft() {
    if (plan_.kind == JoinKind::kInner) return nullptr;
    const uint8_t wanted = plan_.kind == JoinKind::kSemi ? 1 : 0;
    batch_.selection.clear();
    for (size_t i = 0; i < left_batch_->count(); ++i) {
      if (left_matched_[i] == wanted) batch_.selection.push_back(static_cast<uint32_t>(left_batch_->row(i)));
    }
    if (batch_.selection.empty()) return nullptr;
    batch_.columns = left_batch_->columns;
    if (!stops_at_match_) {
      for (size_t c = left_columns_; c < nulls_.size(); ++c) batch_.columns.push_back(nulls_[c].get());
    }
    batch_.rows = left_batch_->rows;
    batch_.filtered = true;
    return &batch_;
  }

  const ExecContext& context_;
  const IndexJoinPlan& plan_;
  OperatorPtr left_input_;
  const bool stops_at_match_;
  Program key_;
  RowFetcher fetcher_;
  const size_t left_columns_;
  RowFilter conditions_;
  IndexAccess access_;
  ColumnBatch* left_batch_ = nullptr;
  const Column* keys_ = nullptr;
  size_t left_ = 0;  // The next left row to look up; the cursor is at the one before.
  std::vector<IndexRange> ranges_;
  std::optional<IndexCursor> cursor_;
  std::vector<uint8_t> left_matched_;
  std::vector<uint32_t> pair_left_, pair_right_, place_;
  std::vector<RowId> pair_rows_, wanted_;
  std::vector<std::unique_ptr<Column>> pair_columns_, nulls_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewIndexJoin(const ExecContext& context, const PhysicalNode& node, OperatorPtr left) {
  return std::make_unique<IndexJoin>(context, node, std::move(left));
}

}  // namespace rem::sql

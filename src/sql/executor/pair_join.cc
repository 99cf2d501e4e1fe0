#include "sql/executor/pair_join.h"

#include <numeric>
#include <utility>

namespace rem::sql {

namespace {

std::vector<ColumnId> PairLayout(const PhysicalNode& node) {
  std::vector<ColumnId> layout = node.input->layout;
  layout.insert(layout.end(), node.right->layout.begin(), node.right->layout.end());
  return layout;
}

}  // namespace

void ThrowSeveralRows() {
  throw Error(ErrorCode::kInvalidArgument, "more than one row returned by a subquery used as an expression",
              "add a LIMIT, or aggregate")
      .WithSqlState("21000");
}

PairJoin::PairJoin(const ExecContext& context, const PhysicalNode& node, JoinKind kind,
                   const std::vector<ExprPtr>& conditions, OperatorPtr left, OperatorPtr right)
    : kind_(kind),
      batch_rows_(context.batch_rows),
      context_(context),
      stops_at_match_(kind == JoinKind::kSemi || kind == JoinKind::kAnti),
      marks_left_(kind != JoinKind::kInner && kind != JoinKind::kRight),
      marks_right_(kind == JoinKind::kRight || kind == JoinKind::kFull),
      left_input_(std::move(left)),
      right_input_(std::move(right)),
      right_(context, node.right->layout, "join"),
      conditions_(context, conditions, PairLayout(node)),
      left_columns_(node.input->layout.size()) {
  for (const ColumnId id : PairLayout(node)) {
    pair_columns_.push_back(std::make_unique<Column>(context.column(id).type));
    nulls_.push_back(std::make_unique<Column>(context.column(id).type));
    nulls_.back()->SetConstant(Value());
  }
}

void PairJoin::ReadRight() {
  started_ = true;
  while (const ColumnBatch* batch = right_input_->Next()) {
    const size_t first = right_.size();
    right_.Append(*batch);
    AddRight(*batch, first);
    right_.CheckMemory(MoreMemory());
  }
  right_input_.reset();
  FinishRight();
  right_.CheckMemory(MoreMemory());
  if (marks_right_) {
    right_matches_ = std::make_shared<RightMatches>();
    right_matches_->matched.assign(right_.size(), 0);
  }
  StartProbing();
}

bool PairJoin::ReadMoreRight() {
  const ColumnBatch* batch = right_input_ == nullptr ? nullptr : right_input_->Next();
  if (batch == nullptr) {
    right_input_.reset();
    return false;
  }
  for (size_t i = 0; i < batch->count(); ++i) right_.Append(*batch, batch->row(i));
  right_.CheckMemory();
  return true;
}

void PairJoin::DropRight(size_t rows) {
  if (rows == right_.size()) return right_.Clear();
  std::vector<uint32_t> kept(right_.size() - rows);
  std::iota(kept.begin(), kept.end(), static_cast<uint32_t>(rows));
  right_.Keep(kept);
}

void PairJoin::Borrow(const PairJoin& built) {
  shown_ = built.shown_;
  started_ = true;
  right_matches_ = built.right_matches_;
  // The join that built does not look for partners itself: the first lane stands for it.
  if (marks_right_ && built.lent_.exchange(true)) ++right_matches_->lanes;
  StartProbing();
}

void PairJoin::StartProbing() {
  dictionaries_.clear();
  if (shown_->size() <= CellCodes::kMostCodes) {
    while (dictionaries_.size() < nulls_.size() - left_columns_) dictionaries_.push_back(CellCodes::NewDictionary());
  }
  const bool needs_partner = kind_ == JoinKind::kInner || kind_ == JoinKind::kRight || kind_ == JoinKind::kSemi;
  left_done_ = needs_partner && shown_->size() == 0;
}

ColumnBatch* PairJoin::Next() {
  if (!started_ && !StreamsRight()) ReadRight();
  started_ = true;
  while (!left_done_) {
    context_.CheckEnd();
    if (left_batch_ == nullptr) {
      left_batch_ = left_input_->Next();
      if (left_batch_ == nullptr) {
        left_done_ = true;
        left_input_.reset();
        break;
      }
      left_matched_.assign(left_batch_->count(), 0);
      StartLeft(*left_batch_);
    }
    pair_left_.clear();
    pair_right_.clear();
    FindPairs();
    if (!pair_left_.empty()) {
      if (ColumnBatch* pairs = MatchedPairs()) return pairs;
      continue;
    }
    ColumnBatch* lonely = LonelyLeft();
    left_batch_ = nullptr;
    if (lonely != nullptr) return lonely;
  }
  return LonelyRight();
}

void PairJoin::CodeRightCells(Column& column, uint64_t dictionary) {
  CellCodes& codes = column.StartCodes();
  codes.dictionary = dictionary;
  codes.limit = static_cast<uint32_t>(shown_->size());
  codes.codes.assign(pair_right_.begin(), pair_right_.end());
}

void PairJoin::GatherPairs() {
  batch_.columns.clear();
  const uint32_t* left_rows = pair_left_.data();
  if (left_batch_->filtered) {
    left_rows_.resize(pair_left_.size());
    for (size_t i = 0; i < pair_left_.size(); ++i) left_rows_[i] = left_batch_->selection[pair_left_[i]];
    left_rows = left_rows_.data();
  }
  for (size_t c = 0; c < pair_columns_.size(); ++c) {
    Column& column = *pair_columns_[c];
    if (c < left_columns_) {
      column.Gather(*left_batch_->columns[c], left_rows, pair_left_.size());
    } else {
      column.Gather(shown_->column(c - left_columns_), pair_right_.data(), pair_right_.size());
      if (!dictionaries_.empty()) CodeRightCells(column, dictionaries_[c - left_columns_]);
    }
    batch_.columns.push_back(&column);
  }
  batch_.rows = pair_left_.size();
  batch_.filtered = false;
}

// Pairs that meet the conditions, or nullptr when none is to be shown.
ColumnBatch* PairJoin::MatchedPairs() {
  const bool bare = stops_at_match_ && conditions_.empty();
  batch_.filtered = false;
  batch_.rows = pair_left_.size();
  if (!bare) GatherPairs();
  conditions_.Apply(batch_);
  for (size_t i = 0; marks_left_ && i < batch_.count(); ++i) {
    uint8_t& matched = left_matched_[pair_left_[batch_.row(i)]];
    if (kind_ == JoinKind::kSingle && matched != 0) ThrowSeveralRows();
    matched = 1;
  }
  for (size_t i = 0; marks_right_ && i < batch_.count(); ++i) {
    const std::atomic_ref matched(right_matches_->matched[pair_right_[batch_.row(i)]]);
    if (matched.load(std::memory_order_relaxed) == 0) matched.store(1, std::memory_order_relaxed);
  }
  return stops_at_match_ || batch_.count() == 0 ? nullptr : &batch_;
}

// Left rows that come out by themselves once all their pairs were seen.
ColumnBatch* PairJoin::LonelyLeft() {
  if (kind_ == JoinKind::kInner || kind_ == JoinKind::kRight) return nullptr;
  const uint8_t wanted = kind_ == JoinKind::kSemi ? 1 : 0;
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

// Of several lanes the last one to end, which knows what all of them found.
bool PairJoin::ShowsLonelyRight() {
  if (!std::exchange(left_seen_, true))
    shows_lonely_right_ = marks_right_ && right_matches_->lanes.fetch_sub(1, std::memory_order_acq_rel) == 1;
  return shows_lonely_right_;
}

ColumnBatch* PairJoin::LonelyRight() {
  if (!ShowsLonelyRight()) return nullptr;
  batch_.selection.clear();
  while (next_right_ < shown_->size() && batch_.selection.size() < batch_rows_) {
    if (right_matches_->matched[next_right_] == 0) batch_.selection.push_back(static_cast<uint32_t>(next_right_));
    ++next_right_;
  }
  if (batch_.selection.empty()) return nullptr;
  batch_.columns.clear();
  for (size_t c = 0; c < nulls_.size(); ++c)
    batch_.columns.push_back(c < left_columns_ ? nulls_[c].get() : &shown_->column(c - left_columns_));
  batch_.rows = shown_->size();
  batch_.filtered = true;
  return &batch_;
}

}  // namespace rem::sql

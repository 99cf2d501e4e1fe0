#include "sql/executor/scan_blocks.h"

#include <algorithm>

#include "sql/plan/cached_share.h"

namespace rem::sql {

ScanBlocks::ScanBlocks(const ExecContext& context, const Table& table, std::span<const ColumnId> early,
                       std::span<const ColumnId> late)
    : context_(context), keys_(table.keys) {
  // A block comes as one batch.
  if (context.batch_rows < kColumnBlockRows) return;
  std::vector<std::string> names;
  for (const auto ids : {early, late}) {
    for (const ColumnId id : ids) {
      const PlanColumn& column = context.column(id);
      // Vectors do not lie in the row, and are large.
      if (column.source == ColumnSource::kVector) return;
      names.push_back(CacheName(column));
      types_.push_back(column.type);
    }
  }
  auto columns = context.view->Columns(table);
  if (columns == nullptr) return;
  const auto numbers = columns->Want(context.view->moment(), names, &again_);
  if (!numbers) return;
  early_.assign(numbers->begin(), numbers->begin() + static_cast<ptrdiff_t>(early.size()));
  late_.assign(numbers->begin() + static_cast<ptrdiff_t>(early.size()), numbers->end());
  const auto live = static_cast<double>(std::max<int64_t>(table.counters->live_rows.load(), 1));
  paid_ = columns->TakeLookups(context.view->moment(), KeepingScanCost(live));
  columns_ = std::move(columns);
  // A row id is given out before its row is written, so the snapshot has none that is not below this.
  end_ = table.counters->next_row.load();
}

const ColumnBlock* ScanBlocks::Find(uint64_t block) {
  found_ = columns_->Find(block, context_.view->moment());
  if (found_ == nullptr) return nullptr;
  for (const size_t number : early_) {
    if (found_->column(number) == nullptr) return nullptr;
  }
  return found_.get();
}

void ScanBlocks::StartFill(uint64_t block, bool late) {
  filling_ = (again_ || paid_) && columns_->MayPut();
  started_ = false;
  fills_late_ = late || paid_;
  block_ = block;
}

void ScanBlocks::StartBuilder() {
  started_ = true;
  std::vector<size_t> numbers = early_;
  if (fills_late_) numbers.insert(numbers.end(), late_.begin(), late_.end());
  builder_.Start(block_, numbers, std::span(types_).first(numbers.size()));
}

void ScanBlocks::Fill(const FieldReader& early, const FieldReader& late, std::span<const RowId> rows) {
  if (!started_) StartBuilder();
  std::vector<const Column*> columns;
  for (size_t i = 0; i < early_.size(); ++i) columns.push_back(&early.column(i));
  if (fills_late_) {
    for (size_t i = 0; i < late_.size(); ++i) columns.push_back(&late.column(i));
  }
  builder_.Add(rows, columns);
}

void ScanBlocks::FinishFill() {
  filling_ = false;
  if (!started_) StartBuilder();
  columns_->Put(block_, context_.view->moment(), builder_.Finish(keys_, [this](size_t number, Column& column) {
    columns_->Encode(number, column, builder_.rows());
  }));
}

}  // namespace rem::sql

#include <algorithm>

#include "sql/executor/field_reader.h"
#include "sql/executor/lanes.h"
#include "sql/executor/row_filter.h"
#include "sql/executor/scan_blocks.h"
#include "sql/executor/zone_filter.h"

namespace rem::sql {

namespace {

/// The first batch is small, so that LIMIT 10 does not read thousands of rows.
constexpr size_t kFirstBatchRows = 64;
/// Where at most this part of a cached block passes, the fields that are not cached are read row by row; where more
/// does, the whole block is read. A row by its id costs about as much as a dozen in order.
constexpr size_t kFewRowsShare = 16;
/// Where more fields than these point into a row, it is copied as a whole.
constexpr size_t kMostCopies = 2;

std::vector<ColumnId> EarlyColumns(const ExecContext& context, const TableScanPlan& plan) {
  std::vector<ColumnId> filtered, early;
  for (const ExprPtr& filter : plan.filters) CollectColumns(*filter, filtered);
  for (const ColumnId id : plan.columns) {
    // System columns lie in the row's head, which is not kept.
    const ColumnSource source = context.column(id).source;
    const bool head =
        source != ColumnSource::kProperty && source != ColumnSource::kUndeclared && source != ColumnSource::kVector;
    if (head || plan.filters.empty() || std::ranges::find(filtered, id) != filtered.end()) early.push_back(id);
  }
  return early;
}

std::vector<ColumnId> LateColumns(const TableScanPlan& plan, const std::vector<ColumnId>& early) {
  std::vector<ColumnId> late;
  for (const ColumnId id : plan.columns) {
    if (std::ranges::find(early, id) == early.end()) late.push_back(id);
  }
  return late;
}

// Takes blocks from the column cache where it has them. Elsewhere it reads the fields that conditions need while it
// walks the rows, then the other fields of the rows that passed.
class TableScan : public Operator {
 public:
  TableScan(const ExecContext& context, const PhysicalNode& node, Lane* lane)
      : context_(context),
        node_(node),
        plan_(std::get<TableScanPlan>(node.body)),
        early_(context, *plan_.table, EarlyColumns(context, plan_)),
        late_(context, *plan_.table, LateColumns(plan_, early_.ids())),
        filter_(context, plan_.filters, early_.ids()),
        view_(*context.view),
        lane_(lane),
        blocks_(context, *plan_.table, early_.ids(), late_.ids()),
        zones_(context, plan_.filters, early_.ids()),
        max_rows_(context.batch_rows),
        batch_rows_(lane_ != nullptr && !lane_->ramps ? max_rows_ : std::min(kFirstBatchRows, max_rows_)) {
    for (const ColumnId id : node.layout) {
      const auto early = std::ranges::find(early_.ids(), id);
      const bool is_early = early != early_.ids().end();
      const auto place =
          is_early ? early - early_.ids().begin() : std::ranges::find(late_.ids(), id) - late_.ids().begin();
      layout_.push_back({is_early, static_cast<size_t>(place)});
    }
    batch_.columns.resize(layout_.size());
    early_columns_.resize(early_.ids().size());
    keeps_rows_ = !late_.ids().empty() || early_.pointing_fields() > kMostCopies;
  }

  ColumnBatch* Next() override {
    while (at_ < end_ || OpenRange()) {
      context_.CheckEnd();
      if (blocks_.on() && !have_row_ && TakeCached()) {
        if (batch_.count() > 0) return &batch_;
        continue;
      }
      ReadRows();
      batch_rows_ = std::min(batch_rows_ * 4, max_rows_);
      if (batch_.count() > 0) return &batch_;
    }
    return nullptr;
  }

 private:
  struct Place {
    bool early;
    size_t place;
  };

  // The whole table, or the lane's next range of it.
  bool OpenRange() {
    cursor_.reset();
    have_row_ = false;
    if (lane_ == nullptr) {
      if (std::exchange(opened_, true)) return false;
      at_ = 0;
      end_ = blocks_.on() ? blocks_.end() : UINT64_MAX;
      return at_ < end_;
    }
    RowRanges::Range range;
    const bool taken = lane_->ranges->Take(range);
    lane_->range = range.number;
    if (!taken) return false;
    at_ = range.begin;
    end_ = range.end;
    return true;
  }

  // ----- From the cache.

  // The rest of the block at hand. False where it is not cached, or not all that it takes.
  bool TakeCached() {
    const uint64_t block = at_ / kColumnBlockRows;
    const RowId block_end = std::min(end_, (block + 1) * kColumnBlockRows);
    if (block == refused_) return false;
    const ColumnBlock* found = blocks_.Find(block);
    if (found == nullptr) return false;
    if (!zones_.empty() && !zones_.MayMatch([&](size_t i) -> const ColumnZone& { return blocks_.zone(i); }))
      return SkipCached(block_end);
    for (size_t i = 0; i < early_columns_.size(); ++i) early_columns_[i] = blocks_.early(i);
    Select(*found, block, block_end);
    if (batch_.count() > 0 && !TakeCachedLate(*found, block)) {
      refused_ = block;
      return false;
    }
    context_.Note(node_, "cached blocks", 1);
    cursor_.reset();
    at_ = block_end;
    return true;
  }

  bool SkipCached(RowId block_end) {
    context_.Note(node_, "skipped blocks", 1);
    batch_.rows = 0;
    batch_.filtered = false;
    cursor_.reset();
    at_ = block_end;
    return true;
  }

  void Select(const ColumnBlock& found, uint64_t block, RowId block_end) {
    const auto [first, last] = found.Slice(block, at_, block_end);
    batch_.rows = found.rows();
    batch_.filtered = !filter_.empty() || last - first != found.rows();
    if (!batch_.filtered) return;
    if (last - first == found.rows())
      return filter_.ApplyToAll(early_columns_, batch_.rows, batch_.rows, batch_.selection);
    batch_.selection.resize(last - first);
    for (size_t i = first; i < last; ++i) batch_.selection[i - first] = static_cast<uint32_t>(i);
    filter_.Apply(early_columns_, batch_.rows, batch_.selection);
  }

  bool TakeCachedLate(const ColumnBlock& found, uint64_t block) {
    bool all = true;
    for (size_t i = 0; i < late_.ids().size(); ++i) all &= blocks_.late(i) != nullptr;
    if (!all) {
      if (batch_.count() * kFewRowsShare > batch_.rows) return false;
      FetchLate(found, block);
    }
    ShowColumns(all);
    return true;
  }

  void FetchLate(const ColumnBlock& found, uint64_t block) {
    row_ids_.clear();
    for (const uint32_t row : batch_.selection) row_ids_.push_back(block * kColumnBlockRows + found.offsets[row]);
    fetched_ = view_.GetRows(*plan_.table, row_ids_);
    late_.Start(batch_.rows);
    for (size_t i = 0; i < row_ids_.size(); ++i) {
      REM_CHECK(fetched_[i].has_value());
      const RowView row(*fetched_[i], plan_.table->keys.get());
      late_.ReadProperties(batch_.selection[i], row.properties().bytes(), row_ids_[i]);
    }
  }

  void ShowColumns(bool cached_late) {
    for (size_t i = 0; i < layout_.size(); ++i) {
      const auto [early, place] = layout_[i];
      batch_.columns[i] = early ? early_columns_[place] : cached_late ? blocks_.late(place) : &late_.column(place);
    }
  }

  // ----- From the rows.

  // The next rows, which lie in one block where blocks count.
  void ReadRows() {
    if (!cursor_) cursor_ = view_.ScanRows(*plan_.table, at_, end_);
    RowId block_end = end_;
    if (blocks_.on()) {
      const uint64_t block = at_ / kColumnBlockRows;
      block_end = std::min(end_, (block + 1) * kColumnBlockRows);
      const bool whole =
          at_ == block * kColumnBlockRows && (block_end - at_ == kColumnBlockRows || end_ == blocks_.end());
      if (whole) blocks_.StartFill(block, block == refused_);
      if (blocks_.filled_block() != block) blocks_.StopFill();
    }
    const bool ended = CollectRows(block_end);
    for (size_t i = 0; i < early_columns_.size(); ++i) early_columns_[i] = &early_.column(i);
    Filter();
    ShowColumns(false);
    if (blocks_.on() && blocks_.filling()) {
      blocks_.Fill(early_, late_, row_ids_);
      if (ended) blocks_.FinishFill();
    }
    if (ended) {
      at_ = block_end;
      // Over the blocks that have no rows any more.
      if (have_row_) at_ = std::max(at_, cursor_->row_id() / kColumnBlockRows * kColumnBlockRows);
      if (have_row_) LeaveRowsForCache();
    }
  }

  // Rows up to the batch's size. True when there are no more before `block_end`.
  bool CollectRows(RowId block_end) {
    arena_.Reset();
    early_.Start(batch_rows_);
    properties_.clear();
    row_ids_.clear();
    batch_.rows = 0;
    while (batch_.rows < batch_rows_) {
      if (!have_row_ && !cursor_->Next()) {
        cursor_.reset();
        at_ = block_end = end_;
        return true;
      }
      have_row_ = true;
      const RowId row_id = cursor_->row_id();
      if (row_id >= block_end) return true;
      const RowView& row = cursor_->row();
      std::string_view properties = row.properties().bytes();
      if (keeps_rows_) properties = arena_.Copy(properties);
      if (!late_.ids().empty()) properties_.push_back(properties);
      row_ids_.push_back(row_id);
      early_.Read(batch_.rows++, row, properties, row_id, keeps_rows_ ? nullptr : &arena_);
      have_row_ = false;
      at_ = row_id + 1;
    }
    return at_ >= block_end;
  }

  // The cursor stands at the first row of a block: unless that is cached.
  void LeaveRowsForCache() {
    if (blocks_.on() && at_ / kColumnBlockRows != refused_ && blocks_.Find(at_ / kColumnBlockRows) != nullptr) {
      have_row_ = false;
      cursor_.reset();
    }
  }

  void Filter() {
    batch_.filtered = !filter_.empty();
    if (!batch_.filtered) return;
    filter_.ApplyToAll(early_columns_, batch_.rows, batch_.rows, batch_.selection);
    if (late_.ids().empty()) return;
    if (blocks_.on() && blocks_.filling()) {
      if (batch_.selection.size() * kFewRowsShare > batch_.rows) blocks_.AddLate();
      if (blocks_.fills_late()) {
        late_.Start(batch_.rows);
        for (size_t row = 0; row < batch_.rows; ++row) late_.ReadProperties(row, properties_[row], row_ids_[row]);
        return;
      }
    }
    if (batch_.selection.empty()) return;
    late_.Start(batch_.rows);
    for (const uint32_t row : batch_.selection) late_.ReadProperties(row, properties_[row], row_ids_[row]);
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const TableScanPlan& plan_;
  FieldReader early_;
  FieldReader late_;
  RowFilter filter_;
  const ReadView& view_;
  Lane* const lane_;
  ScanBlocks blocks_;
  ZoneFilter zones_;
  const size_t max_rows_;
  size_t batch_rows_;
  bool keeps_rows_ = false;  // The bytes of the batch's rows are copied, not those of single fields.
  std::vector<Place> layout_;

  bool opened_ = false;
  RowId at_ = 0;  // Rows before it, of the range at hand, are done.
  RowId end_ = 0;
  uint64_t refused_ = UINT64_MAX;  // A cached block that is read all the same.
  std::optional<RowCursor> cursor_;
  bool have_row_ = false;  // The cursor stands at a row that was not taken.

  Arena arena_;
  std::vector<std::string_view> properties_;
  std::vector<RowId> row_ids_;
  std::vector<std::optional<std::string>> fetched_;
  std::vector<const Column*> early_columns_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewTableScan(const ExecContext& context, const PhysicalNode& node, Lane* lane) {
  return std::make_unique<TableScan>(context, node, lane);
}

OperatorPtr NewTableScan(const ExecContext& context, const PhysicalNode& node) {
  const bool shared = context.lane != nullptr && context.lane->scan == &node;
  return NewTableScan(context, node, shared ? context.lane : nullptr);
}

}  // namespace rem::sql

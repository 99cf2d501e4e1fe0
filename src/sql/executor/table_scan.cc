#include <algorithm>

#include "sql/executor/field_reader.h"
#include "sql/executor/lanes.h"
#include "sql/executor/row_filter.h"

namespace rem::sql {

namespace {

/// The first batch is small, so that LIMIT 10 does not read thousands of rows.
constexpr size_t kFirstBatchRows = 64;

// Reads the fields that conditions need while it walks the rows, then the other fields of the rows that passed.
class TableScan : public Operator {
 public:
  TableScan(const ExecContext& context, const PhysicalNode& node, Lane* lane)
      : plan_(std::get<TableScanPlan>(node.body)),
        early_(context, *plan_.table, EarlyColumns(context)),
        late_(context, *plan_.table, LateColumns()),
        filter_(context, plan_.filters, early_.ids()),
        view_(*context.view),
        lane_(lane),
        max_rows_(context.batch_rows),
        batch_rows_(lane_ != nullptr ? context.batch_rows : std::min(kFirstBatchRows, context.batch_rows)) {
    for (const ColumnId id : node.layout) {
      const auto early = std::ranges::find(early_.ids(), id);
      batch_.columns.push_back(early != early_.ids().end()
                                   ? &early_.column(early - early_.ids().begin())
                                   : &late_.column(std::ranges::find(late_.ids(), id) - late_.ids().begin()));
    }
    for (size_t i = 0; i < early_.ids().size(); ++i) early_columns_.push_back(&early_.column(i));
    keep_bytes_ = early_.keeps_bytes() || !late_.ids().empty();
  }

  ColumnBatch* Next() override {
    while (!done_) {
      ReadRows();
      batch_rows_ = std::min(batch_rows_ * 4, max_rows_);
      if (batch_.rows == 0) continue;
      Filter();
      if (batch_.count() > 0) return &batch_;
    }
    return nullptr;
  }

 private:
  std::vector<ColumnId> EarlyColumns(const ExecContext& context) {
    std::vector<ColumnId> filtered, early;
    for (const ExprPtr& filter : plan_.filters) CollectColumns(*filter, filtered);
    for (const ColumnId id : plan_.columns) {
      // System columns lie in the row's head, which is not kept.
      const ColumnSource source = context.column(id).source;
      const bool head =
          source != ColumnSource::kProperty && source != ColumnSource::kUndeclared && source != ColumnSource::kVector;
      if (head || plan_.filters.empty() || std::ranges::find(filtered, id) != filtered.end()) early.push_back(id);
    }
    return early;
  }

  std::vector<ColumnId> LateColumns() const {
    std::vector<ColumnId> late;
    for (const ColumnId id : plan_.columns) {
      if (std::ranges::find(early_.ids(), id) == early_.ids().end()) late.push_back(id);
    }
    return late;
  }

  // Over the whole table, or the lane's next range of it.
  bool OpenCursor() {
    RowRanges::Range range{0, UINT64_MAX, 0};
    if (lane_ != nullptr) {
      if (!lane_->ranges->Take(range)) return false;
      lane_->range = range.number;
    }
    cursor_ = view_.ScanRows(*plan_.table, range.begin, range.end);
    return true;
  }

  void ReadRows() {
    arena_.Reset();
    early_.Start(batch_rows_);
    properties_.clear();
    row_ids_.clear();
    batch_.rows = 0;
    if (!cursor_ && !OpenCursor()) {
      done_ = true;
      return;
    }
    while (batch_.rows < batch_rows_) {
      if (!cursor_->Next()) {
        cursor_.reset();
        done_ = lane_ == nullptr;
        return;
      }
      const RowView& row = cursor_->row();
      std::string_view properties = row.properties().bytes();
      if (keep_bytes_) properties = arena_.Copy(properties);
      const RowId row_id = cursor_->row_id();
      if (!late_.ids().empty()) {
        properties_.push_back(properties);
        row_ids_.push_back(row_id);
      }
      early_.Read(batch_.rows++, row, properties, row_id);
    }
  }

  void Filter() {
    batch_.filtered = !filter_.empty();
    if (!batch_.filtered) return;
    batch_.selection.resize(batch_.rows);
    for (size_t i = 0; i < batch_.rows; ++i) batch_.selection[i] = static_cast<uint32_t>(i);
    filter_.Apply(early_columns_, batch_.rows, batch_.selection);
    if (late_.ids().empty() || batch_.selection.empty()) return;
    late_.Start(batch_.rows);
    for (const uint32_t row : batch_.selection) late_.ReadProperties(row, properties_[row], row_ids_[row]);
  }

  const TableScanPlan& plan_;
  FieldReader early_;
  FieldReader late_;
  RowFilter filter_;
  const ReadView& view_;
  Lane* const lane_;
  std::optional<RowCursor> cursor_;
  const size_t max_rows_;
  size_t batch_rows_;
  bool keep_bytes_ = false;
  bool done_ = false;
  Arena arena_;
  std::vector<std::string_view> properties_;
  std::vector<RowId> row_ids_;
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

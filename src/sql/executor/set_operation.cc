#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/cell_hash.h"
#include "sql/executor/key_table.h"
#include "sql/executor/operator.h"

namespace rem::sql {

namespace {

std::vector<size_t> PlacesOf(const std::vector<ColumnId>& ids, const std::vector<ColumnId>& layout) {
  std::vector<size_t> places;
  for (const ColumnId id : ids) places.push_back(std::ranges::find(layout, id) - layout.begin());
  return places;
}

// UNION ALL appends. INTERSECT and EXCEPT count the right rows by value, then judge each left row by the count: with
// ALL it uses one up; without, the first of equal left rows decides for all.
class SetOp : public Operator {
 public:
  SetOp(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right)
      : plan_(std::get<SetOpPlan>(node.body)),
        left_(std::move(left)),
        right_(std::move(right)),
        memory_(context, "set operation"),
        left_places_(PlacesOf(plan_.left, node.input->layout)),
        right_places_(PlacesOf(plan_.right, node.right->layout)),
        rows_(Types(context, node)) {}

  ColumnBatch* Next() override {
    if (plan_.kind == SetKind::kUnion) return NextOfUnion();
    if (right_ != nullptr) CountRight();
    while (ColumnBatch* batch = left_->Next()) {
      Show(*batch, left_places_);
      HashRows(batch_.columns, batch_.row_numbers(), batch_.count(), hashes_);
      kept_.clear();
      for (size_t i = 0; i < batch_.count(); ++i) {
        if (Wanted(batch_.row(i), hashes_[i])) kept_.push_back(static_cast<uint32_t>(batch_.row(i)));
      }
      CheckMemory();
      if (kept_.empty()) continue;
      batch_.selection.swap(kept_);
      batch_.filtered = true;
      return &batch_;
    }
    return nullptr;
  }

 private:
  static std::vector<LogicalType> Types(const ExecContext& context, const PhysicalNode& node) {
    std::vector<LogicalType> types;
    for (const ColumnId id : node.layout) types.push_back(context.column(id).type);
    return types;
  }

  void Show(ColumnBatch& from, const std::vector<size_t>& places) {
    batch_.columns.clear();
    for (const size_t place : places) batch_.columns.push_back(from.columns[place]);
    batch_.rows = from.rows;
    batch_.filtered = from.filtered;
    batch_.selection.swap(from.selection);
  }

  ColumnBatch* NextOfUnion() {
    if (left_ != nullptr) {
      if (ColumnBatch* batch = left_->Next()) {
        Show(*batch, left_places_);
        return &batch_;
      }
      left_.reset();
    }
    ColumnBatch* batch = right_->Next();
    if (batch == nullptr) return nullptr;
    Show(*batch, right_places_);
    return &batch_;
  }

  void CountRight() {
    while (ColumnBatch* batch = right_->Next()) {
      Show(*batch, right_places_);
      HashRows(batch_.columns, batch_.row_numbers(), batch_.count(), hashes_);
      for (size_t i = 0; i < batch_.count(); ++i) {
        const uint32_t key = rows_.FindOrAdd(batch_.columns, batch_.row(i), hashes_[i]);
        if (key == counts_.size()) counts_.push_back(0);
        ++counts_[key];
      }
      CheckMemory();
    }
    right_.reset();
  }

  bool Wanted(size_t row, uint64_t hash) {
    uint32_t key = rows_.Find(batch_.columns, row, hash);
    if (plan_.kind == SetKind::kIntersect) {
      if (key == KeyTable::kNone || counts_[key] == 0) return false;
      counts_[key] = plan_.all ? counts_[key] - 1 : 0;
      return true;
    }
    if (plan_.all) {
      if (key == KeyTable::kNone || counts_[key] == 0) return true;
      --counts_[key];
      return false;
    }
    if (key != KeyTable::kNone) return false;
    rows_.FindOrAdd(batch_.columns, row, hash);
    counts_.push_back(1);
    return true;
  }

  void CheckMemory() { memory_.Set(rows_.memory_bytes() + counts_.capacity() * sizeof(uint64_t)); }

  const SetOpPlan& plan_;
  OperatorPtr left_, right_;
  MemoryUse memory_;
  const std::vector<size_t> left_places_, right_places_;
  KeyTable rows_;
  std::vector<uint64_t> counts_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> kept_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewSetOp(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right) {
  return std::make_unique<SetOp>(context, node, std::move(left), std::move(right));
}

}  // namespace rem::sql

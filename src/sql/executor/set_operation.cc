#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/cell_hash.h"
#include "sql/executor/key_table.h"
#include "sql/executor/lanes.h"
#include "sql/executor/set_rows.h"

namespace rem::sql {

namespace {

std::vector<size_t> PlacesOf(const std::vector<ColumnId>& ids, const std::vector<ColumnId>& layout) {
  std::vector<size_t> places;
  for (const ColumnId id : ids) places.push_back(std::ranges::find(layout, id) - layout.begin());
  return places;
}

// UNION ALL appends, UNION lets the first of equal rows through. INTERSECT and EXCEPT count the right rows by value,
// then judge each left row by the count: with ALL it uses one up; without, the first of equal left rows decides for
// all. Where several threads can share a side, they collect the rows of both first.
class SetOp : public Operator {
 public:
  SetOp(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right)
      : context_(context),
        node_(node),
        plan_(std::get<SetOpPlan>(node.body)),
        left_(std::move(left)),
        right_(std::move(right)),
        memory_(context, "set operation"),
        left_places_(PlacesOf(plan_.left, node.input->layout)),
        right_places_(PlacesOf(plan_.right, node.right->layout)),
        rows_(Types(context, node)) {}

  ColumnBatch* Next() override {
    if (!std::exchange(started_, true)) Collect();
    if (collected_ != nullptr) return collected_->Next();
    if (plan_.kind == SetKind::kUnion && plan_.all) return NextOfUnion() ? &batch_ : nullptr;
    if (plan_.kind != SetKind::kUnion && right_ != nullptr) CountRight();
    while (plan_.kind == SetKind::kUnion ? NextOfUnion() : NextOfLeft()) {
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

  bool NextOfLeft() {
    ColumnBatch* batch = left_->Next();
    if (batch == nullptr) return false;
    Show(*batch, left_places_);
    return true;
  }

  bool NextOfUnion() {
    if (left_ != nullptr) {
      if (NextOfLeft()) return true;
      left_.reset();
    }
    ColumnBatch* batch = right_->Next();
    if (batch == nullptr) return false;
    Show(*batch, right_places_);
    return true;
  }

  // ----- By several threads.

  void Collect() {
    if (plan_.kind != SetKind::kUnion || plan_.all) return;
    std::unique_ptr<Lanes> left = Lanes::Make(context_, *node_.input), right = Lanes::Make(context_, *node_.right);
    if (left == nullptr && right == nullptr) return;
    const size_t workers = std::max(left == nullptr ? 0 : left->size(), right == nullptr ? 0 : right->size());
    auto rows = std::make_unique<SetRows>(context_, node_, workers);
    const auto add = [&](size_t worker, const ColumnBatch& batch, uint64_t order) { rows->Add(worker, batch, order); };
    const auto add_right = [&](size_t worker, const ColumnBatch& batch, uint64_t order) {
      rows->Add(worker, batch, SetRows::kOfRight | order);
    };
    CollectSide(left.get(), left_, left_places_, add);
    CollectSide(right.get(), right_, right_places_, add_right);
    rows->Finish();
    context_.Note(node_, "threads", workers);
    collected_ = std::move(rows);
  }

  // Shared by the lanes, or by this thread alone where there are none.
  template <typename Add>
  static void CollectSide(Lanes* lanes, OperatorPtr& alone, const std::vector<size_t>& places, const Add& add) {
    const auto collect = [&](size_t worker, Operator& input, const Lane* lane) {
      uint64_t rows = 0;
      ColumnBatch shown;
      for (const ColumnBatch* batch; (batch = input.Next()) != nullptr; rows += batch->count()) {
        shown.columns.clear();
        for (const size_t place : places) shown.columns.push_back(batch->columns[place]);
        shown.rows = batch->rows;
        shown.filtered = batch->filtered;
        shown.selection = batch->selection;
        add(worker, shown, lane == nullptr ? rows : lane->Order(rows));
      }
    };
    if (lanes != nullptr) {
      lanes->Run([&](size_t i, Operator& input, const Lane& lane) { collect(i, input, &lane); });
    } else {
      collect(0, *alone, nullptr);
    }
    alone.reset();
  }

  // ----- By one.

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
    const uint32_t key = rows_.Find(batch_.columns, row, hash);
    if (plan_.kind == SetKind::kIntersect) {
      if (key == KeyTable::kNone || counts_[key] == 0) return false;
      counts_[key] = plan_.all ? counts_[key] - 1 : 0;
      return true;
    }
    if (plan_.kind == SetKind::kExcept && plan_.all) {
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

  const ExecContext& context_;
  const PhysicalNode& node_;
  const SetOpPlan& plan_;
  OperatorPtr left_, right_;
  MemoryUse memory_;
  const std::vector<size_t> left_places_, right_places_;
  KeyTable rows_;
  std::vector<uint64_t> counts_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> kept_;
  bool started_ = false;
  std::unique_ptr<SetRows> collected_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewSetOp(const ExecContext& context, const PhysicalNode& node, OperatorPtr left, OperatorPtr right) {
  return std::make_unique<SetOp>(context, node, std::move(left), std::move(right));
}

}  // namespace rem::sql

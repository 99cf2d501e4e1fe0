#include <algorithm>
#include <numeric>

#include "sql/executor/aggregate_table.h"
#include "sql/executor/lanes.h"
#include "sql/executor/ordered_aggregate.h"

namespace rem::sql {

namespace {

// Hash aggregation. Where several threads share the input, each fills a table of its own, and these are merged.
class Aggregate : public Operator {
 public:
  Aggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context),
        node_(node),
        plan_(std::get<AggregatePlan>(node.body)),
        input_(std::move(input)),
        table_(context, plan_, node.input->layout) {}

  ColumnBatch* Next() override {
    if (!done_) Collect();
    if (next_ >= table_.size()) return nullptr;
    const size_t count = std::min(context_.batch_rows, table_.size() - next_);
    table_.Show(next_, count, batch_);
    next_ += count;
    return &batch_;
  }

 private:
  void Collect() {
    done_ = true;
    std::unique_ptr<Lanes> lanes;
    if (AggregateTable::CanMerge(plan_)) lanes = Lanes::Make(context_, *node_.input);
    if (lanes != nullptr) {
      CollectInLanes(*lanes);
    } else {
      uint64_t rows = 0;
      for (const ColumnBatch* batch; (batch = input_->Next()) != nullptr; rows += batch->count())
        table_.Add(*batch, rows);
    }
    input_.reset();
    table_.Finish();
  }

  void CollectInLanes(Lanes& lanes) {
    std::vector<std::unique_ptr<AggregateTable>> tables;
    for (size_t i = 0; i < lanes.size(); ++i)
      tables.push_back(std::make_unique<AggregateTable>(lanes.context(i), plan_, node_.input->layout));
    lanes.Run([&](size_t i, Operator& input, const Lane& lane) {
      uint64_t rows = 0;
      for (const ColumnBatch* batch; (batch = input.Next()) != nullptr; rows += batch->count())
        tables[i]->Add(*batch, lane.Order(rows));
    });
    for (const auto& table : tables) table_.Merge(*table);
    context_.Note(node_, "threads", lanes.size());
    // The states may point into the memory of what was merged.
    merged_ = std::move(tables);
  }

  const ExecContext& context_;
  const PhysicalNode& node_;
  const AggregatePlan& plan_;
  OperatorPtr input_;
  AggregateTable table_;
  std::vector<std::unique_ptr<AggregateTable>> merged_;
  bool done_ = false;
  size_t next_ = 0;
  ColumnBatch batch_;
};

// GROUPING SETS: a table for each set, over its groups alone. The others are NULL in its rows.
class SetsAggregate : public Operator {
 public:
  SetsAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : context_(context), plan_(std::get<AggregatePlan>(node.body)), input_(std::move(input)) {
    std::vector<std::vector<size_t>> sets = plan_.sets;
    if (sets.empty()) {
      sets.emplace_back(plan_.groups.size());
      std::iota(sets[0].begin(), sets[0].end(), 0);
    }
    for (std::vector<size_t>& set : sets) {
      auto one = std::make_unique<Set>();
      one->plan.calls = plan_.calls;
      for (const size_t group : set) one->plan.groups.push_back(plan_.groups[group]);
      one->table = std::make_unique<AggregateTable>(context, one->plan, node.input->layout);
      one->groups = std::move(set);
      sets_.push_back(std::move(one));
    }
    for (const ComputedColumn& group : plan_.groups) {
      nulls_.push_back(std::make_unique<Column>(group.expr->type));
      nulls_.back()->SetConstant(Value());
    }
    for (size_t i = 0; i < plan_.grouping.size(); ++i)
      grouping_.push_back(std::make_unique<Column>(LogicalType::kInteger));
  }

  ColumnBatch* Next() override {
    if (!done_) Collect();
    for (; set_ < sets_.size(); ++set_, next_ = 0) {
      AggregateTable& table = *sets_[set_]->table;
      if (next_ >= table.size()) continue;
      const size_t count = std::min(context_.batch_rows, table.size() - next_);
      table.Show(next_, count, shown_);
      next_ += count;
      Arrange(*sets_[set_], count);
      return &batch_;
    }
    return nullptr;
  }

 private:
  struct Set {
    std::vector<size_t> groups;  // In the plan.
    AggregatePlan plan;
    std::unique_ptr<AggregateTable> table;
  };

  void Collect() {
    done_ = true;
    uint64_t rows = 0;
    for (const ColumnBatch* batch; (batch = input_->Next()) != nullptr; rows += batch->count()) {
      for (const auto& set : sets_) set->table->Add(*batch, rows);
    }
    input_.reset();
    for (const auto& set : sets_) set->table->Finish();
  }

  // The columns of a set's table in the places of the plan's.
  void Arrange(const Set& set, size_t count) {
    batch_.columns.clear();
    for (const auto& null : nulls_) batch_.columns.push_back(null.get());
    for (size_t i = 0; i < set.groups.size(); ++i) batch_.columns[set.groups[i]] = shown_.columns[i];
    batch_.columns.insert(batch_.columns.end(), shown_.columns.begin() + static_cast<std::ptrdiff_t>(set.groups.size()),
                          shown_.columns.end());
    for (size_t i = 0; i < grouping_.size(); ++i) {
      int64_t bits = 0;
      for (const size_t group : plan_.grouping[i].groups)
        bits = bits * 2 + (std::ranges::find(set.groups, group) == set.groups.end() ? 1 : 0);
      grouping_[i]->SetConstant(Value::OfInt(LogicalType::kInteger, bits));
      batch_.columns.push_back(grouping_[i].get());
    }
    batch_.rows = count;
    batch_.filtered = false;
  }

  const ExecContext& context_;
  const AggregatePlan& plan_;
  OperatorPtr input_;
  std::vector<std::unique_ptr<Set>> sets_;
  std::vector<std::unique_ptr<Column>> nulls_, grouping_;
  bool done_ = false;
  size_t set_ = 0;
  size_t next_ = 0;
  ColumnBatch shown_, batch_;
};

}  // namespace

OperatorPtr NewAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  const auto& plan = std::get<AggregatePlan>(node.body);
  if (!plan.sets.empty() || !plan.grouping.empty())
    return std::make_unique<SetsAggregate>(context, node, std::move(input));
  if (plan.ordered) return NewOrderedAggregate(context, node, std::move(input));
  return std::make_unique<Aggregate>(context, node, std::move(input));
}

}  // namespace rem::sql

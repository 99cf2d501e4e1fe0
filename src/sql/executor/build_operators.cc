#include <chrono>
#include <utility>

#include <rem/error.h>

#include "sql/executor/gather.h"
#include "sql/executor/statement_state.h"

namespace rem::sql {

namespace {

// Every loop that lasts reads from some leaf of the plan, so that is where a statement is ended.
class Leaf : public Operator {
 public:
  Leaf(const ExecContext& context, OperatorPtr leaf) : context_(context), leaf_(std::move(leaf)) {}
  ColumnBatch* Next() override {
    context_.CheckEnd();
    return leaf_->Next();
  }
  bool Release() override { return leaf_->Release(); }
  void Restart() override { leaf_->Restart(); }

 private:
  const ExecContext& context_;
  OperatorPtr leaf_;
};

// Sets the node that memory is counted for while its operator works. Not in a lane, where several threads work for one
// node: there, operators that keep rows are none.
class Profiled {
 public:
  Profiled(const ExecContext& context, NodeProfile* profile)
      : state_(context.lane == nullptr ? context.statement.get() : nullptr) {
    if (state_ != nullptr) before_ = std::exchange(state_->profiled, profile);
  }
  ~Profiled() {
    if (state_ != nullptr) state_->profiled = before_;
  }
  Profiled(const Profiled&) = delete;
  Profiled& operator=(const Profiled&) = delete;

 private:
  StatementState* state_;
  NodeProfile* before_ = nullptr;
};

// Counts and times what an operator gives.
class Metered : public Operator {
 public:
  Metered(const ExecContext& context, NodeProfile& profile, OperatorPtr metered)
      : context_(context), profile_(profile), metered_(std::move(metered)) {}
  ColumnBatch* Next() override {
    if (!std::exchange(started_, true)) ++profile_.runs;
    const Profiled profiled(context_, &profile_);
    const auto begin = std::chrono::steady_clock::now();
    ColumnBatch* batch = metered_->Next();
    profile_.nanoseconds += static_cast<uint64_t>((std::chrono::steady_clock::now() - begin).count());
    if (batch != nullptr) {
      ++profile_.batches;
      profile_.rows += batch->count();
    }
    return batch;
  }

 private:
  const ExecContext& context_;
  NodeProfile& profile_;
  OperatorPtr metered_;
  bool started_ = false;
};

OperatorPtr Build(const ExecContext& context, const PhysicalNode& node, bool alone = false);

// Made when it is first read: for a plan that seldom is, whose operators would cost more than what is done instead.
class Late : public Operator {
 public:
  Late(const ExecContext& context, const PhysicalNode& node, bool alone)
      : context_(context), node_(node), alone_(alone) {}
  ColumnBatch* Next() override {
    if (made_ == nullptr) made_ = Build(context_, node_, alone_);
    return made_->Next();
  }

 private:
  const ExecContext& context_;
  const PhysicalNode& node_;
  const bool alone_;
  OperatorPtr made_;
};

// `alone`: the operator is one of those that a Gather has decided about.
OperatorPtr Build(const ExecContext& context, const PhysicalNode& node, bool alone) {
  if (!alone && MayGather(context, node)) return NewGather(context, node);
  OperatorPtr input;
  if (std::holds_alternative<OrderedTopNPlan>(node.body)) {
    input = std::make_unique<Late>(context, *node.input, alone);
  } else if (node.input != nullptr) {
    input = Build(context, *node.input, alone);
  }
  // The right side of a lateral join is built for each row, that of a recursion for each round.
  const bool rebuilt =
      std::holds_alternative<LateralJoinPlan>(node.body) || std::holds_alternative<RecursionPlan>(node.body);
  OperatorPtr right;
  if (std::holds_alternative<NearestPlan>(node.body)) {
    right = std::make_unique<Late>(context, *node.right, false);
  } else if (node.right != nullptr && !rebuilt) {
    right = Build(context, *node.right);
  }
  struct Visitor {
    const ExecContext& context;
    const PhysicalNode& node;
    OperatorPtr& input;
    OperatorPtr& right;
    OperatorPtr operator()(const TableScanPlan&) { return NewTableScan(context, node); }
    OperatorPtr operator()(const IndexScanPlan&) { return NewIndexScan(context, node); }
    OperatorPtr operator()(const IndexOrderScanPlan&) { return NewIndexOrderScan(context, node); }
    OperatorPtr operator()(const OrderedTopNPlan&) { return NewOrderedTopN(context, node, std::move(input)); }
    OperatorPtr operator()(const IdLookupPlan&) { return NewIdLookup(context, node); }
    OperatorPtr operator()(const OneRowPlan&) { return NewOneRow(context, node); }
    OperatorPtr operator()(const EmptyPlan&) { return nullptr; }
    OperatorPtr operator()(const FilterPlan&) { return NewFilter(context, node, std::move(input)); }
    OperatorPtr operator()(const RankPlan&) { return NewRank(context, node, std::move(input)); }
    OperatorPtr operator()(const NearestPlan&) { return NewNearest(context, node, std::move(input), std::move(right)); }
    OperatorPtr operator()(const FetchPlan&) { return NewFetch(context, node, std::move(input)); }
    OperatorPtr operator()(const AggregatePlan&) { return NewAggregate(context, node, std::move(input)); }
    OperatorPtr operator()(const ProjectPlan&) { return NewProject(context, node, std::move(input)); }
    OperatorPtr operator()(const SortPlan&) { return NewSort(context, node, std::move(input)); }
    OperatorPtr operator()(const TopNPlan&) { return NewTopN(context, node, std::move(input)); }
    OperatorPtr operator()(const LimitPlan&) { return NewLimit(context, node, std::move(input)); }
    OperatorPtr operator()(const NestedLoopJoinPlan&) {
      return NewNestedLoopJoin(context, node, std::move(input), std::move(right));
    }
    OperatorPtr operator()(const HashJoinPlan&) {
      return NewHashJoin(context, node, std::move(input), std::move(right));
    }
    OperatorPtr operator()(const MergeJoinPlan&) {
      return NewMergeJoin(context, node, std::move(input), std::move(right));
    }
    OperatorPtr operator()(const IndexJoinPlan&) { return NewIndexJoin(context, node, std::move(input)); }
    OperatorPtr operator()(const LateralJoinPlan&) { return NewLateralJoin(context, node, std::move(input)); }
    OperatorPtr operator()(const DistinctPlan&) { return NewDistinct(context, node, std::move(input)); }
    OperatorPtr operator()(const SetOpPlan&) { return NewSetOp(context, node, std::move(input), std::move(right)); }
    OperatorPtr operator()(const ValuesPlan&) { return NewValues(context, node); }
    OperatorPtr operator()(const TableFunctionPlan&) { return NewTableFunction(context, node); }
    OperatorPtr operator()(const ProjectSetPlan&) { return NewProjectSet(context, node, std::move(input)); }
    OperatorPtr operator()(const CteScanPlan&) { return NewCteScan(context, node); }
    OperatorPtr operator()(const RecursionPlan&) { return NewRecursion(context, node, std::move(input)); }
    OperatorPtr operator()(const WindowPlan&) { return NewWindow(context, node, std::move(input)); }
    OperatorPtr operator()(const WorkScanPlan&) { return NewWorkScan(context, node); }
  };
  NodeProfile* const profile = context.statement->profile == nullptr ? nullptr : context.statement->profile->Find(node);
  const Profiled profiled(context, profile);
  OperatorPtr made = std::visit(Visitor{context, node, input, right}, node.body);
  if (made != nullptr && node.input == nullptr && node.right == nullptr)
    made = std::make_unique<Leaf>(context, std::move(made));
  if (made != nullptr && profile != nullptr) made = std::make_unique<Metered>(context, *profile, std::move(made));
  if (made != nullptr) return made;
  class Empty : public Operator {
    ColumnBatch* Next() override { return nullptr; }
  };
  return std::make_unique<Empty>();
}

class OneRow : public Operator {
 public:
  ColumnBatch* Next() override {
    if (done_) return nullptr;
    done_ = true;
    batch_.rows = 1;
    return &batch_;
  }

 private:
  ColumnBatch batch_;
  bool done_ = false;
};

}  // namespace

OperatorPtr NewOneRow(const ExecContext&, const PhysicalNode&) { return std::make_unique<OneRow>(); }

OperatorPtr BuildOperators(const ExecContext& context, const PhysicalNode& node) { return Build(context, node); }

OperatorPtr BuildAlone(const ExecContext& context, const PhysicalNode& node) { return Build(context, node, true); }

LimitValues EvaluateLimit(const ExecContext& context, const LogicalLimit& limit) {
  LimitValues values;
  const auto evaluate = [&](const ExprPtr& expr, std::string_view name, int64_t fallback) {
    if (expr == nullptr) return fallback;
    const Value value = context.Evaluate(*expr);
    if (value.IsNull()) return fallback;
    if (value.AsInt() < 0)
      throw Error(ErrorCode::kInvalidArgument, std::string(name) + " must not be negative", "write a number from 0 up")
          .WithSqlState(name == "LIMIT" ? "2201W" : "2201X")
          .WithPosition(expr->position);
    return value.AsInt();
  };
  values.limit = evaluate(limit.limit, "LIMIT", INT64_MAX);
  values.offset = evaluate(limit.offset, "OFFSET", 0);
  return values;
}

}  // namespace rem::sql

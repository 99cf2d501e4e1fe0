#include "sql/planner/planner.h"

#include <algorithm>

#include <rem/error.h>

#include "sql/planner/access_path.h"
#include "sql/planner/fold_constants.h"
#include "sql/planner/merge_sort_and_limit.h"
#include "sql/planner/push_filter_into_scan.h"
#include "sql/planner/simplify_conditions.h"

namespace rem::sql {

namespace {

using Ids = std::vector<ColumnId>;

void Include(Ids& ids, ColumnId id) {
  if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
}
bool Has(const Ids& ids, ColumnId id) { return std::ranges::find(ids, id) != ids.end(); }
void IncludeColumns(Ids& ids, const std::vector<ExprPtr>& exprs) {
  for (const ExprPtr& expr : exprs) CollectColumns(*expr, ids);
}

// ---- Rules over the logical plan ----

void FoldNode(LogicalNode& node, const FixedEvaluator& evaluate) {
  if (auto* filter = std::get_if<LogicalFilter>(&node.body)) {
    for (ExprPtr& conjunct : filter->conjuncts) conjunct = FoldConstants(conjunct, evaluate);
    SimplifyConditions(filter->conjuncts);
  } else if (auto* project = std::get_if<LogicalProject>(&node.body)) {
    for (ComputedColumn& computed : project->computed) computed.expr = FoldConstants(computed.expr, evaluate);
  } else if (auto* aggregate = std::get_if<LogicalAggregate>(&node.body)) {
    for (AggregateCall& call : aggregate->calls) {
      for (ExprPtr& argument : call.arguments) argument = FoldConstants(argument, evaluate);
      if (call.filter != nullptr) call.filter = FoldConstants(call.filter, evaluate);
    }
    for (ComputedColumn& group : aggregate->groups) group.expr = FoldConstants(group.expr, evaluate);
  }
}

void ApplyRules(LogicalPtr& node, const PlannerContext& context) {
  if (node->input != nullptr) ApplyRules(node->input, context);
  FoldNode(*node, context.evaluate);
  PushFilterIntoScan(node);
  MergeSortAndLimit(node);
}

// ---- From the logical to the physical plan ----

class Builder {
 public:
  Builder(LogicalPlan& plan, const PlannerContext& context) : plan_(plan), context_(context) {}

  /// `needed` are the columns that are read above the node.
  PhysicalPtr Build(const LogicalNode& node, const Ids& needed) {
    return std::visit([&](const auto& body) { return BuildBody(body, node, needed); }, node.body);
  }

 private:
  template <typename Body>
  static std::unique_ptr<PhysicalNode> Make(Body body, PhysicalPtr input, Ids layout) {
    auto node = std::make_unique<PhysicalNode>();
    node->body = std::move(body);
    node->input = std::move(input);
    node->layout = std::move(layout);
    return node;
  }

  PhysicalPtr BuildBody(const LogicalScan& scan, const LogicalNode&, const Ids& needed) {
    Ids columns = needed;
    IncludeColumns(columns, scan.filters);
    if (!context_.optimise) return Make(TableScanPlan{scan.table, columns, scan.filters}, nullptr, columns);
    if (scan.filters.size() == 1 && IsConstant(*scan.filters[0], false)) return Make(EmptyPlan{}, nullptr, columns);
    AccessPath path = ChooseAccessPath(scan, plan_.columns, context_);
    if (auto* ids = std::get_if<IdAccess>(&path))
      return Make(IdLookupPlan{scan.table, ids->ids, columns, scan.filters}, nullptr, columns);
    if (auto* index = std::get_if<IndexAccess>(&path))
      return Make(IndexScanPlan{scan.table, std::move(*index), columns, scan.filters}, nullptr, columns);
    return Make(TableScanPlan{scan.table, columns, scan.filters}, nullptr, columns);
  }

  PhysicalPtr BuildBody(const LogicalOneRow&, const LogicalNode&, const Ids&) {
    return Make(OneRowPlan{}, nullptr, {});
  }

  PhysicalPtr BuildBody(const LogicalFilter& filter, const LogicalNode& node, const Ids& needed) {
    Ids below = needed;
    IncludeColumns(below, filter.conjuncts);
    PhysicalPtr input = Build(*node.input, below);
    Ids layout = input->layout;
    if (filter.conjuncts.empty()) return input;
    return Make(FilterPlan{filter.conjuncts}, std::move(input), std::move(layout));
  }

  PhysicalPtr BuildBody(const LogicalRank& rank, const LogicalNode& node, const Ids& needed) {
    RankPlan body{rank, 0, {}};
    for (const ColumnId column : needed) {
      if (column != rank.score) body.columns.push_back(column);
    }
    Ids layout = body.columns;
    layout.push_back(rank.score);
    // Without conditions every vector is ranked, and no row is read for it.
    const auto* scan = std::get_if<LogicalScan>(&node.input->body);
    if (scan != nullptr && scan->filters.empty()) return Make(std::move(body), nullptr, std::move(layout));
    body.row_id = RowIdColumn();
    return Make(std::move(body), Build(*node.input, {body.row_id}), std::move(layout));
  }

  PhysicalPtr BuildBody(const LogicalAggregate& aggregate, const LogicalNode& node, const Ids&) {
    Ids below, layout;
    for (const ComputedColumn& group : aggregate.groups) {
      CollectColumns(*group.expr, below);
      layout.push_back(group.column);
    }
    for (const AggregateCall& call : aggregate.calls) {
      IncludeColumns(below, call.arguments);
      for (const AggregateSortKey& key : call.order) CollectColumns(*key.expr, below);
      if (call.filter != nullptr) CollectColumns(*call.filter, below);
      layout.push_back(call.output);
    }
    return Make(AggregatePlan{aggregate.calls, aggregate.groups}, Build(*node.input, below), std::move(layout));
  }

  PhysicalPtr BuildBody(const LogicalProject& project, const LogicalNode& node, const Ids& needed) {
    return Project(project.computed, needed, [&](const Ids& below) { return Build(*node.input, below); });
  }

  template <typename BuildInput>
  PhysicalPtr Project(const std::vector<ComputedColumn>& computed, const Ids& needed, BuildInput&& build) {
    ProjectPlan body;
    Ids below;
    for (const ColumnId column : needed) {
      const auto found = std::ranges::find(computed, column, &ComputedColumn::column);
      if (found == computed.end()) {
        Include(below, column);
      } else {
        body.computed.push_back(*found);
      }
    }
    for (const ComputedColumn& one : body.computed) CollectColumns(*one.expr, below);
    PhysicalPtr input = build(below);
    if (body.computed.empty()) return input;
    Ids layout = input->layout;
    for (const ComputedColumn& one : body.computed) layout.push_back(one.column);
    return Make(std::move(body), std::move(input), std::move(layout));
  }

  PhysicalPtr BuildBody(const LogicalSort& sort, const LogicalNode& node, const Ids& needed) {
    Ids below = needed;
    for (const SortKey& key : sort.keys) Include(below, key.column);
    PhysicalPtr input = Build(*node.input, below);
    Ids layout = input->layout;
    return Make(SortPlan{sort.keys}, std::move(input), std::move(layout));
  }

  PhysicalPtr BuildBody(const LogicalLimit& limit, const LogicalNode& node, const Ids& needed) {
    PhysicalPtr input = Build(*node.input, needed);
    Ids layout = input->layout;
    return Make(LimitPlan{limit}, std::move(input), std::move(layout));
  }

  template <typename Body>
  PhysicalPtr BuildBody(const Body&, const LogicalNode&, const Ids&) {
    throw Error(ErrorCode::kNotSupported, "not supported yet: this part of a query");
  }

  // TopN(Project(Scan)) has three shapes: the order of an index, a scan of the sort keys whose few rows are then read
  // in full, and the plain one.
  PhysicalPtr BuildBody(const LogicalTopN& top, const LogicalNode& node, const Ids& needed) {
    const auto* project = std::get_if<LogicalProject>(&node.input->body);
    const LogicalNode& below_project = project == nullptr ? *node.input : *node.input->input;
    const auto* scan = std::get_if<LogicalScan>(&below_project.body);
    if (scan != nullptr) {
      const bool one_field =
          top.keys.size() == 1 && plan_.columns[top.keys[0].column].source != ColumnSource::kComputed;
      if (one_field) {
        if (PhysicalPtr ordered = BuildOrdered(top, project, *scan, below_project, needed)) return ordered;
      }
      if (PhysicalPtr late = BuildLate(top, *node.input, *scan, needed)) return late;
    }
    Ids below = needed;
    for (const SortKey& key : top.keys) Include(below, key.column);
    PhysicalPtr input = Build(*node.input, below);
    Ids layout = input->layout;
    return Make(TopNPlan{top.keys, top.limit}, std::move(input), std::move(layout));
  }

  PhysicalPtr BuildOrdered(const LogicalTopN& top, const LogicalProject* project, const LogicalScan& scan,
                           const LogicalNode& scan_node, const Ids& needed) {
    if (std::holds_alternative<IdAccess>(ChooseAccessPath(scan, plan_.columns, context_))) return nullptr;
    const int64_t wanted = WantedRows(top.limit);
    if (wanted < 0) return nullptr;
    const auto access = ChooseOrderedAccess(scan, top.keys, wanted, plan_.columns, context_);
    if (!access) return nullptr;
    static const std::vector<ComputedColumn> kNone;
    return Project(project == nullptr ? kNone : project->computed, needed,
                   [&](const Ids& wanted_columns) -> PhysicalPtr {
                     Ids columns = wanted_columns;
                     Include(columns, top.keys[0].column);
                     IncludeColumns(columns, scan.filters);
                     auto fallback_scan = Build(scan_node, columns);
                     Ids layout = fallback_scan->layout;
                     PhysicalPtr fallback = Make(TopNPlan{top.keys, top.limit}, std::move(fallback_scan), layout);
                     return Make(OrderedTopNPlan{scan.table, *access, layout, scan.filters, top.keys, top.limit},
                                 std::move(fallback), layout);
                   });
  }

  PhysicalPtr BuildLate(const LogicalTopN& top, const LogicalNode& input, const LogicalScan& scan, const Ids& needed) {
    if (!std::holds_alternative<FullScan>(ChooseAccessPath(scan, plan_.columns, context_))) return nullptr;
    Ids early;
    for (const SortKey& key : top.keys) Include(early, key.column);
    Ids read = early;
    if (const auto* project = std::get_if<LogicalProject>(&input.body)) {
      for (const ComputedColumn& computed : project->computed) {
        if (Has(early, computed.column) || Has(needed, computed.column)) CollectColumns(*computed.expr, read);
      }
    }
    IncludeColumns(read, scan.filters);
    Ids late;
    for (const ColumnId column : needed) {
      const bool field = plan_.columns[column].source != ColumnSource::kComputed;
      if (field && !Has(read, column)) {
        late.push_back(column);
      } else {
        Include(early, column);
      }
    }
    if (late.empty()) return nullptr;
    const ColumnId row_id = RowIdColumn();
    Include(early, row_id);
    PhysicalPtr below = Build(input, early);
    Ids layout = below->layout;
    PhysicalPtr rows = Make(TopNPlan{top.keys, top.limit}, std::move(below), layout);
    layout.insert(layout.end(), late.begin(), late.end());
    return Make(FetchPlan{scan.table, row_id, late}, std::move(rows), std::move(layout));
  }

  // LIMIT + OFFSET, or -1 where it cannot be said.
  int64_t WantedRows(const LogicalLimit& limit) const {
    const Value count = context_.evaluate(*limit.limit);
    const Value offset = limit.offset == nullptr ? Value(0) : context_.evaluate(*limit.offset);
    if (count.IsNull()) return -1;
    int64_t wanted = 0;
    if (__builtin_add_overflow(count.AsInt(), offset.IsNull() ? 0 : offset.AsInt(), &wanted) || wanted > 1'000'000'000)
      return -1;
    return wanted;
  }

  ColumnId RowIdColumn() {
    const auto found = std::ranges::find(plan_.columns, ColumnSource::kRowId, &PlanColumn::source);
    if (found != plan_.columns.end()) return static_cast<ColumnId>(found - plan_.columns.begin());
    return plan_.AddColumn({"row id", LogicalType::kInt, ColumnSource::kRowId, false, {}});
  }

  LogicalPlan& plan_;
  const PlannerContext& context_;
};

}  // namespace

PhysicalPlan PlanQuery(LogicalPlan plan, const PlannerContext& context) {
  if (context.optimise) ApplyRules(plan.root, context);
  Ids needed;
  for (const OutputColumn& output : plan.output) Include(needed, output.column);
  PhysicalPlan physical;
  physical.root = Builder(plan, context).Build(*plan.root, needed);
  physical.columns = std::move(plan.columns);
  physical.output = std::move(plan.output);
  physical.catalog_version = context.catalog_version;
  physical.depends_on_values = plan.depends_on_values;
  return physical;
}

}  // namespace rem::sql

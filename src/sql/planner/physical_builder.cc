#include "sql/planner/physical_builder.h"

#include <algorithm>

#include "sql/plan/function.h"
#include "sql/planner/access_path.h"
#include "sql/planner/cardinality.h"
#include "sql/planner/column_flow.h"
#include "sql/planner/index_order.h"
#include "sql/planner/join_cost.h"
#include "sql/planner/join_keys.h"
#include "sql/planner/nearest_match.h"
#include "sql/planner/pull_correlation.h"
#include "sql/planner/rewrite.h"
#include "sql/planner/scan_cost.h"

namespace rem::sql {

namespace {

using BuiltPtr = std::unique_ptr<PhysicalNode>;

class Builder {
 public:
  Builder(LogicalPlan& plan, const PlannerContext& context)
      : plan_(plan), context_(context), flow_(plan), cardinality_(plan, context, true) {}

  /// `needed` are the columns that are read above the node; outer references among them are left out.
  BuiltPtr Build(const LogicalNode& node, const ColumnIds& needed) {
    BuiltPtr built = std::visit([&](const auto& body) { return BuildBody(body, node, needed); }, node.body);
    if (context_.explain && built->estimated_rows < 0) built->estimated_rows = cardinality_.Rows(node);
    return built;
  }

  /// As Build, but the layout has all of the columns, outer references included.
  BuiltPtr BuildAll(const LogicalNode& node, const ColumnIds& columns) {
    ColumnIds wanted;
    for (const ColumnId id : columns) Include(wanted, id);
    BuiltPtr built = Build(node, wanted);
    ProjectPlan outer;
    ColumnIds layout = built->layout;
    for (const ColumnId id : wanted) {
      if (Has(layout, id)) continue;
      outer.computed.push_back({id, MakeColumn(id, plan_.columns[id].type, plan_.columns[id].dynamic)});
      layout.push_back(id);
    }
    if (outer.computed.empty()) return built;
    return Make(std::move(outer), std::move(built), std::move(layout));
  }

  PhysicalPlan Finish() {
    PhysicalPlan physical;
    for (LogicalSubquery& subquery : plan_.subqueries) {
      // A rule that made a join of it has taken the query.
      if (subquery.root == nullptr) {
        physical.subqueries.emplace_back();
        continue;
      }
      // Nobody reads what EXISTS selects, so nothing of it is computed.
      if (subquery.kind == SubqueryKind::kExists) subquery.outputs.clear();
      physical.subqueries.push_back({subquery.kind, BuildAll(*subquery.root, subquery.outputs), subquery.outputs,
                                     subquery.comparison, flow_.Given(subquery), flow_.Compared(subquery), nullptr,
                                     nullptr});
      if (context_.optimise) AddProbe(physical.subqueries.back(), *subquery.root);
    }
    for (const LogicalCte& cte : plan_.ctes) {
      BuiltPtr root = cte.root == nullptr ? nullptr : BuildAll(*cte.root, cte.outputs);
      physical.ctes.push_back({cte.name, std::move(root), cte.outputs});
    }
    for (const TablePtr& table : cardinality_.Tables())
      physical.tables.push_back({table->counters, std::max<int64_t>(table->counters->live_rows.load(), 0)});
    ColumnIds needed;
    for (const OutputColumn& output : plan_.output) Include(needed, output.column);
    physical.root = BuildAll(*plan_.root, needed);
    physical.columns = std::move(plan_.columns);
    physical.output = std::move(plan_.output);
    physical.catalog_version = context_.catalog_version;
    physical.parameter_count = plan_.parameter_count;
    physical.query_vectors = std::move(plan_.query_vectors);
    physical.depends_on_values = plan_.depends_on_values;
    return physical;
  }

 private:
  void AddProbe(PhysicalSubquery& subquery, const LogicalNode& root) const {
    if (subquery.kind != SubqueryKind::kAny || !subquery.given.empty()) return;
    const Equality equality = EqualityOf(*subquery.comparison);
    if (equality.left == nullptr || equality.left->type != equality.right->type) return;
    const auto of_rows = [&](const Expr& expr) {
      ColumnIds read;
      flow_.Read(expr, read);
      return std::ranges::all_of(read, [&](ColumnId id) { return flow_.Makes(root, id); });
    };
    if (HasSubquery(*subquery.comparison) || RefersTo(*equality.left, root, flow_) || !of_rows(*equality.right)) return;
    subquery.probe = equality.left;
    subquery.build = equality.right;
  }

  template <typename Body>
  static std::unique_ptr<PhysicalNode> Make(Body body, BuiltPtr input, ColumnIds layout) {
    auto node = std::make_unique<PhysicalNode>();
    node->body = std::move(body);
    node->input = std::move(input);
    node->layout = std::move(layout);
    return node;
  }

  template <typename Body>
  static BuiltPtr MakeTwo(Body body, BuiltPtr left, BuiltPtr right, ColumnIds layout) {
    auto node = Make(std::move(body), std::move(left), std::move(layout));
    node->right = std::move(right);
    return node;
  }

  BuiltPtr BuildBody(const LogicalScan& scan, const LogicalNode&, const ColumnIds& needed) {
    const ColumnIds columns = ScanColumns(scan, needed);
    if (!context_.optimise) return Make(TableScanPlan{scan.table, columns, scan.filters}, nullptr, columns);
    if (scan.filters.size() == 1 && IsConstant(*scan.filters[0], false)) return Make(EmptyPlan{}, nullptr, columns);
    AccessPath path = ChooseAccessPath(scan, plan_.columns, context_, cardinality_);
    if (auto* ids = std::get_if<IdAccess>(&path)) {
      std::vector<ExprPtr> others = scan.filters;
      others.erase(others.begin() + static_cast<ptrdiff_t>(ids->filter));
      return Make(IdLookupPlan{scan.table, ids->ids, columns, std::move(others)}, nullptr, columns);
    }
    if (auto* index = std::get_if<IndexPath>(&path)) {
      index->covering =
          index->any.size() == 1 && EntriesHold(scan.table->indexes[index->any[0].index].field, columns, plan_.columns);
      if (CostsMoreThanScan(*index, *scan.table, context_, cardinality_))
        return Make(TableScanPlan{scan.table, columns, scan.filters}, nullptr, columns);
      return Make(
          IndexScanPlan{scan.table, std::move(*index), columns, scan.filters, cardinality_.Statistics(*scan.table)},
          nullptr, columns);
    }
    return Make(TableScanPlan{scan.table, columns, scan.filters}, nullptr, columns);
  }

  // The columns that a scan reads for what is needed above it and for its conditions.
  ColumnIds ScanColumns(const LogicalScan& scan, const ColumnIds& needed) const {
    ColumnIds columns = needed;
    flow_.Read(scan.filters, columns);
    std::erase_if(columns, [&](ColumnId id) { return !IsField(scan, id); });
    return columns;
  }
  bool IsField(const LogicalScan& scan, ColumnId id) const {
    return plan_.columns[id].source != ColumnSource::kComputed && plan_.columns[id].scan == scan.scan;
  }

  BuiltPtr BuildBody(const LogicalOneRow&, const LogicalNode&, const ColumnIds&) {
    return Make(OneRowPlan{}, nullptr, {});
  }

  BuiltPtr BuildBody(const LogicalFilter& filter, const LogicalNode& node, const ColumnIds& needed) {
    ColumnIds below = needed;
    flow_.Read(filter.conjuncts, below);
    BuiltPtr input = Build(*node.input, below);
    ColumnIds layout = input->layout;
    if (filter.conjuncts.empty()) return input;
    return Make(FilterPlan{filter.conjuncts}, std::move(input), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalRank& rank, const LogicalNode& node, const ColumnIds& needed) {
    RankPlan body{rank, 0, {}};
    const LogicalNode* below = node.input.get();
    while (!std::holds_alternative<LogicalScan>(below->body)) below = below->input.get();
    const auto& table_scan = std::get<LogicalScan>(below->body);
    for (const ColumnId column : needed) {
      if (IsField(table_scan, column)) body.columns.push_back(column);
    }
    ColumnIds layout = body.columns;
    layout.push_back(rank.score);
    // Without conditions every vector is ranked, and no row is read for it.
    const auto* scan = std::get_if<LogicalScan>(&node.input->body);
    if (scan != nullptr && scan->filters.empty()) return Make(std::move(body), nullptr, std::move(layout));
    body.row_id = RowIdColumn(table_scan);
    return Make(std::move(body), Build(*node.input, {body.row_id}), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalAggregate& aggregate, const LogicalNode& node, const ColumnIds&) {
    ColumnIds below, layout;
    for (const ComputedColumn& group : aggregate.groups) {
      flow_.Read(*group.expr, below);
      layout.push_back(group.column);
    }
    for (const AggregateCall& call : aggregate.calls) {
      flow_.Read(call.arguments, below);
      for (const AggregateSortKey& key : call.order) flow_.Read(*key.expr, below);
      if (call.filter != nullptr) flow_.Read(*call.filter, below);
      layout.push_back(call.output);
    }
    for (const GroupingCall& call : aggregate.grouping) layout.push_back(call.output);
    return BuildGroups(aggregate, node, below, std::move(layout));
  }

  // `node` is what groups, `below` what it reads.
  BuiltPtr BuildGroups(const LogicalAggregate& aggregate, const LogicalNode& node, const ColumnIds& below,
                       ColumnIds layout) {
    AggregatePlan body{aggregate.calls, aggregate.groups, aggregate.sets, aggregate.grouping};
    auto order = orders_.ForGroups(aggregate, node, below);
    body.ordered = order.has_value();
    BuiltPtr input = order ? BuildOrdered(*order) : Build(*node.input, below);
    return Make(std::move(body), std::move(input), std::move(layout));
  }

  static BuiltPtr BuildOrdered(IndexOrder& order) {
    ColumnIds layout = order.plan.columns;
    return Make(std::move(order.plan), nullptr, std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalProject& project, const LogicalNode& node, const ColumnIds& needed) {
    return Project(project.computed, needed, [&](const ColumnIds& below) { return Build(*node.input, below); });
  }

  template <typename BuildInput>
  BuiltPtr Project(const std::vector<ComputedColumn>& computed, const ColumnIds& needed, BuildInput&& build) {
    ProjectPlan body;
    ColumnIds below;
    for (const ColumnId column : needed) {
      const auto found = std::ranges::find(computed, column, &ComputedColumn::column);
      if (found == computed.end()) {
        Include(below, column);
      } else {
        body.computed.push_back(*found);
      }
    }
    for (const ComputedColumn& one : body.computed) flow_.Read(*one.expr, below);
    BuiltPtr input = build(below);
    if (body.computed.empty()) return input;
    ColumnIds layout = input->layout;
    for (const ComputedColumn& one : body.computed) layout.push_back(one.column);
    return Make(std::move(body), std::move(input), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalSort& sort, const LogicalNode& node, const ColumnIds& needed) {
    ColumnIds below = needed;
    for (const SortKey& key : sort.keys) Include(below, key.column);
    if (auto order = orders_.ForSort(sort, *node.input, below)) return BuildOrdered(*order);
    BuiltPtr input = BuildAll(*node.input, below);
    ColumnIds layout = input->layout;
    return Make(SortPlan{sort.keys}, std::move(input), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalLimit& limit, const LogicalNode& node, const ColumnIds& needed) {
    ColumnIds below = needed;
    for (const ColumnId column : limit.ties) Include(below, column);
    limited_ = node.input.get();
    while (std::holds_alternative<LogicalProject>(limited_->body)) limited_ = limited_->input.get();
    BuiltPtr input = Build(*node.input, below);
    ColumnIds layout = input->layout;
    return Make(LimitPlan{limit}, std::move(input), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalJoin& join, const LogicalNode& node, const ColumnIds& needed) {
    const LogicalNode& left = *node.input;
    const LogicalNode& right = *node.right;
    ColumnIds read = needed;
    flow_.Read(join.conditions, read);
    ColumnIds given;
    if (join.lateral) given = flow_.Outer(right);
    std::erase_if(given, [&](ColumnId id) { return !flow_.Makes(left, id); });
    if (context_.optimise && join.kind == JoinKind::kLeft && given.empty() && AddsNothing(join, right, needed))
      return Build(left, needed);
    ColumnIds left_needed = given, right_needed;
    for (const ColumnId id : read) {
      if (flow_.Makes(left, id)) Include(left_needed, id);
      if (flow_.Makes(right, id)) Include(right_needed, id);
    }
    if (given.empty()) {
      if (BuiltPtr merge = BuildMerge(join, left, right, left_needed, right_needed)) return merge;
      if (BuiltPtr lookup = BuildLookup(join, left, right, left_needed, right_needed)) return lookup;
      if (BuiltPtr lookup = BuildReversedLookup(join, left, right, left_needed)) return lookup;
    }
    BuiltPtr left_plan = Build(left, left_needed);
    BuiltPtr right_plan = Build(right, right_needed);
    ColumnIds layout = left_plan->layout;
    if (join.kind != JoinKind::kSemi && join.kind != JoinKind::kAnti)
      layout.insert(layout.end(), right_plan->layout.begin(), right_plan->layout.end());
    if (!given.empty())
      return MakeTwo(LateralJoinPlan{join.kind, join.conditions, given}, std::move(left_plan), std::move(right_plan),
                     std::move(layout));
    HashJoinPlan hash;
    if (context_.optimise) hash = SplitJoinKeys(join, left, right, flow_);
    if (hash.left_keys.empty())
      return MakeTwo(NestedLoopJoinPlan{join.kind, join.conditions}, std::move(left_plan), std::move(right_plan),
                     std::move(layout));
    if (HashesBetterSwapped(join.kind, left, right)) {
      hash.kind = join.kind == JoinKind::kLeft ? JoinKind::kRight : JoinKind::kLeft;
      std::swap(hash.left_keys, hash.right_keys);
      std::swap(left_plan, right_plan);
      layout = left_plan->layout;
      layout.insert(layout.end(), right_plan->layout.begin(), right_plan->layout.end());
    }
    return MakeTwo(std::move(hash), std::move(left_plan), std::move(right_plan), std::move(layout));
  }

  BuiltPtr BuildMerge(const LogicalJoin& join, const LogicalNode& left, const LogicalNode& right,
                      const ColumnIds& left_needed, const ColumnIds& right_needed) {
    auto merge = orders_.ForJoin(join, left, right, left_needed, right_needed);
    if (!merge) return nullptr;
    BuiltPtr left_plan = BuildOrdered(merge->left), right_plan = BuildOrdered(merge->right);
    ColumnIds layout = left_plan->layout;
    if (join.kind != JoinKind::kSemi && join.kind != JoinKind::kAnti)
      layout.insert(layout.end(), right_plan->layout.begin(), right_plan->layout.end());
    return MakeTwo(std::move(merge->plan), std::move(left_plan), std::move(right_plan), std::move(layout));
  }

  // x IN (SELECT y ...) with few y and an index on x: looks the rows of each different y up.
  BuiltPtr BuildReversedLookup(const LogicalJoin& join, const LogicalNode& left, const LogicalNode& right,
                               const ColumnIds& left_needed) {
    const auto* scan = std::get_if<LogicalScan>(&left.body);
    if (!context_.optimise || scan == nullptr || join.kind != JoinKind::kSemi || join.conditions.size() != 1)
      return nullptr;
    const auto key = FindLookup(left, join.conditions, plan_, flow_, cardinality_);
    if (!key || key->outer->kind != ExprKind::kColumn || !flow_.Makes(right, key->outer->column)) return nullptr;
    const double values = cardinality_.Distinct(*key->outer, cardinality_.Rows(right));
    const double rows = cardinality_.TableRows(scan->scan);
    const double read = TableScanCost(*scan, rows, ScanColumns(*scan, left_needed), plan_, context_);
    if (LookupJoinCost(values, *key) >= read + HashJoinCost(rows, 0, 0)) return nullptr;
    const ColumnId column = key->outer->column;
    BuiltPtr input = BuildAll(right, {column});
    ColumnIds layout = input->layout;
    input = Make(DistinctPlan{{column}}, std::move(input), layout);
    IndexJoinPlan body{JoinKind::kInner, scan->table,    key->index, key->outer, ScanColumns(*scan, left_needed),
                       scan->filters,    join.conditions};
    layout.insert(layout.end(), body.columns.begin(), body.columns.end());
    return Make(std::move(body), std::move(input), std::move(layout));
  }

  // Whether each left row comes out once, and nobody reads what it is joined with: LEFT JOIN b ON b.id = a.b.
  bool AddsNothing(const LogicalJoin& join, const LogicalNode& right, const ColumnIds& needed) const {
    if (std::ranges::any_of(needed, [&](ColumnId id) { return flow_.Makes(right, id); })) return false;
    const auto key = FindLookup(right, join.conditions, plan_, flow_, cardinality_);
    return key && !key->index;
  }

  // The right side is the one that is kept in memory. Inner joins have their sides in order already.
  bool HashesBetterSwapped(JoinKind kind, const LogicalNode& left, const LogicalNode& right) const {
    if (kind != JoinKind::kLeft && kind != JoinKind::kRight) return false;
    return cardinality_.Rows(right) > 2 * cardinality_.Rows(left);
  }

  // Looks right rows up for each left row, where that reads less than all of them; else nullptr.
  BuiltPtr BuildLookup(const LogicalJoin& join, const LogicalNode& left, const LogicalNode& right,
                       const ColumnIds& left_needed, const ColumnIds& right_needed) {
    const auto* scan = std::get_if<LogicalScan>(&right.body);
    if (!context_.optimise || scan == nullptr || join.kind == JoinKind::kRight || join.kind == JoinKind::kFull)
      return nullptr;
    const auto key = FindLookup(right, join.conditions, plan_, flow_, cardinality_);
    if (!key) return nullptr;
    const double outer = cardinality_.Rows(left);
    const double by_hash =
        ReadCost(right, plan_, context_, cardinality_) + HashJoinCost(outer, cardinality_.Rows(right), 0);
    if (LookupJoinCost(outer, *key) >= by_hash) return nullptr;
    IndexJoinPlan body{join.kind,     scan->table,    key->index, key->outer, ScanColumns(*scan, right_needed),
                       scan->filters, join.conditions};
    BuiltPtr input = Build(left, left_needed);
    ColumnIds layout = input->layout;
    if (join.kind != JoinKind::kSemi && join.kind != JoinKind::kAnti)
      layout.insert(layout.end(), body.columns.begin(), body.columns.end());
    return Make(std::move(body), std::move(input), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalDistinct& distinct, const LogicalNode& node, const ColumnIds& needed) {
    ColumnIds below = needed;
    for (const ColumnId id : distinct.on) Include(below, id);
    // Rows of which nothing else is wanted are groups, which several threads can find. A LIMIT wants few of them.
    const bool plain = std::ranges::all_of(below, [&](ColumnId id) { return Has(distinct.on, id); });
    if (context_.optimise && &node != limited_ && plain && !below.empty()) {
      LogicalAggregate groups;
      for (const ColumnId id : below)
        groups.groups.push_back({id, MakeColumn(id, plan_.columns[id].type, plan_.columns[id].dynamic)});
      return BuildGroups(groups, node, below, below);
    }
    BuiltPtr input = BuildAll(*node.input, below);
    ColumnIds layout = input->layout;
    return Make(DistinctPlan{distinct.on}, std::move(input), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalWindow& window, const LogicalNode& node, const ColumnIds& needed) {
    ColumnIds below;
    for (const ColumnId id : needed) {
      if (std::ranges::find(window.calls, id, &WindowCall::output) == window.calls.end()) below.push_back(id);
    }
    ReadWindow(window, below);
    BuiltPtr input = BuildAll(*node.input, below);
    ColumnIds layout = input->layout;
    for (const WindowCall& call : window.calls) layout.push_back(call.output);
    return Make(WindowPlan{window}, std::move(input), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalSetOp& set, const LogicalNode& node, const ColumnIds&) {
    BuiltPtr left = BuildAll(*node.input, set.left);
    BuiltPtr right = BuildAll(*node.right, set.right);
    SetOpPlan body{set.kind, set.all, set.left, set.right};
    // A LIMIT wants few of its rows, as they are met.
    const bool distinct = set.kind == SetKind::kUnion && !set.all && (!context_.optimise || &node == limited_);
    body.all |= distinct;
    BuiltPtr rows = MakeTwo(std::move(body), std::move(left), std::move(right), set.outputs);
    return distinct ? Make(DistinctPlan{set.outputs}, std::move(rows), set.outputs) : std::move(rows);
  }

  BuiltPtr BuildBody(const LogicalValues& values, const LogicalNode&, const ColumnIds&) {
    return Make(ValuesPlan{values.rows}, nullptr, values.outputs);
  }

  static void IncludeOutputs(const LogicalTableFunction& call, ColumnIds& layout) {
    layout.insert(layout.end(), call.outputs.begin(), call.outputs.end());
    if (call.ordinality) layout.push_back(*call.ordinality);
  }

  BuiltPtr BuildBody(const LogicalTableFunction& call, const LogicalNode&, const ColumnIds&) {
    ColumnIds layout;
    IncludeOutputs(call, layout);
    return Make(TableFunctionPlan{call}, nullptr, std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalProjectSet& set, const LogicalNode& node, const ColumnIds& needed) {
    ColumnIds made;
    for (const LogicalTableFunction& call : set.calls) IncludeOutputs(call, made);
    if (set.ordinality) made.push_back(*set.ordinality);
    ColumnIds below;
    for (const ColumnId id : needed) {
      if (!Has(made, id)) below.push_back(id);
    }
    for (const LogicalTableFunction& call : set.calls) flow_.Read(call.arguments, below);
    BuiltPtr input = Build(*node.input, below);
    ColumnIds layout = input->layout;
    layout.insert(layout.end(), made.begin(), made.end());
    return Make(ProjectSetPlan{set.calls, set.ordinality}, std::move(input), std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalCteScan& scan, const LogicalNode&, const ColumnIds& needed) {
    CteScanPlan body{scan.cte, {}};
    ColumnIds layout;
    for (size_t i = 0; i < scan.outputs.size(); ++i) {
      if (!Has(needed, scan.outputs[i])) continue;
      layout.push_back(scan.outputs[i]);
      body.columns.push_back(plan_.ctes[scan.cte].outputs[i]);
    }
    return Make(std::move(body), nullptr, std::move(layout));
  }

  BuiltPtr BuildBody(const LogicalRecursion& recursion, const LogicalNode& node, const ColumnIds&) {
    BuiltPtr left = BuildAll(*node.input, recursion.left);
    BuiltPtr right = BuildAll(*node.right, recursion.right);
    return MakeTwo(RecursionPlan{recursion.recursion, recursion.all, recursion.left, recursion.right}, std::move(left),
                   std::move(right), recursion.outputs);
  }

  BuiltPtr BuildBody(const LogicalWorkScan& scan, const LogicalNode&, const ColumnIds&) {
    return Make(WorkScanPlan{scan.recursion}, nullptr, scan.outputs);
  }

  // TopN(Project(Scan)) has four shapes: the order of an index, the nearest by a vector column, a scan of the sort keys
  // whose few rows are then read in full, and the plain one.
  BuiltPtr BuildBody(const LogicalTopN& top, const LogicalNode& node, const ColumnIds& needed) {
    const auto* project = std::get_if<LogicalProject>(&node.input->body);
    const LogicalNode& below_project = project == nullptr ? *node.input : *node.input->input;
    const auto* scan = std::get_if<LogicalScan>(&below_project.body);
    if (scan != nullptr) {
      const bool one_field =
          top.keys.size() == 1 && plan_.columns[top.keys[0].column].source != ColumnSource::kComputed;
      if (one_field) {
        if (BuiltPtr ordered = BuildOrdered(top, project, *scan, below_project, needed)) return ordered;
      }
      if (BuiltPtr nearest = BuildNearest(top, project, *scan, below_project, needed)) return nearest;
      if (BuiltPtr late = BuildLate(top, *node.input, *scan, needed)) return late;
    }
    ColumnIds below = needed;
    for (const SortKey& key : top.keys) Include(below, key.column);
    BuiltPtr input = BuildAll(*node.input, below);
    ColumnIds layout = input->layout;
    return Make(TopNPlan{top.keys, top.limit}, std::move(input), std::move(layout));
  }

  BuiltPtr BuildOrdered(const LogicalTopN& top, const LogicalProject* project, const LogicalScan& scan,
                        const LogicalNode& scan_node, const ColumnIds& needed) {
    if (std::holds_alternative<IdAccess>(ChooseAccessPath(scan, plan_.columns, context_, cardinality_))) return nullptr;
    const int64_t wanted = WantedRows(top.limit, context_);
    if (wanted < 0) return nullptr;
    const auto access = ChooseOrderedAccess(scan, top.keys, wanted, plan_.columns, cardinality_);
    if (!access) return nullptr;
    static const std::vector<ComputedColumn> kNone;
    return Project(project == nullptr ? kNone : project->computed, needed,
                   [&](const ColumnIds& wanted_columns) -> BuiltPtr {
                     ColumnIds columns = wanted_columns;
                     Include(columns, top.keys[0].column);
                     columns = ScanColumns(scan, columns);
                     auto fallback_scan = Build(scan_node, columns);
                     ColumnIds layout = fallback_scan->layout;
                     BuiltPtr fallback = Make(TopNPlan{top.keys, top.limit}, std::move(fallback_scan), layout);
                     return Make(OrderedTopNPlan{scan.table, *access, layout, scan.filters, top.keys, top.limit},
                                 std::move(fallback), layout);
                   });
  }

  BuiltPtr BuildNearest(const LogicalTopN& top, const LogicalProject* project, const LogicalScan& scan,
                        const LogicalNode& scan_node, const ColumnIds& needed) {
    if (!context_.optimise || project == nullptr) return nullptr;
    const auto found = FindNearest(top, *project, scan, plan_.columns, flow_);
    if (!found || std::holds_alternative<IdAccess>(ChooseAccessPath(scan, plan_.columns, context_, cardinality_)))
      return nullptr;
    std::vector<ComputedColumn> others = project->computed;
    std::erase_if(others, [&](const ComputedColumn& one) { return one.column == found->plan.distance; });
    ColumnIds wanted = needed;
    Include(wanted, found->plan.distance);
    return Project(others, wanted, [&](const ColumnIds& columns) -> BuiltPtr {
      NearestPlan body = found->plan;
      body.row_id = RowIdColumn(scan);
      BuiltPtr rows;
      if (!found->filters.empty()) {
        LogicalNode filtered;
        filtered.body = LogicalScan{scan.table, scan.columns, found->filters, scan.scan};
        rows = Build(filtered, {body.row_id});
      }
      BuiltPtr fallback = BuildExactNearest(top, *project, body, scan, scan_node, columns);
      ColumnIds layout;
      for (const ColumnId column : fallback->layout) {
        if (column == body.distance || Has(columns, column)) layout.push_back(column);
      }
      return MakeTwo(std::move(body), std::move(rows), std::move(fallback), std::move(layout));
    });
  }

  // Computes the distance of every row, and reads the other columns of those that are kept.
  BuiltPtr BuildExactNearest(const LogicalTopN& top, const LogicalProject& project, const NearestPlan& nearest,
                             const LogicalScan& scan, const LogicalNode& scan_node, const ColumnIds& columns) {
    const auto distance = std::ranges::find(project.computed, nearest.distance, &ComputedColumn::column);
    BuiltPtr rows = Project({*distance}, {nearest.distance, nearest.row_id},
                            [&](const ColumnIds& below) { return Build(scan_node, below); });
    ColumnIds layout = rows->layout, late;
    for (const ColumnId column : columns) {
      if (IsField(scan, column) && !Has(layout, column)) late.push_back(column);
    }
    rows = Make(TopNPlan{top.keys, top.limit}, std::move(rows), layout);
    if (late.empty()) return rows;
    layout.insert(layout.end(), late.begin(), late.end());
    return Make(FetchPlan{scan.table, nearest.row_id, late}, std::move(rows), std::move(layout));
  }

  BuiltPtr BuildLate(const LogicalTopN& top, const LogicalNode& input, const LogicalScan& scan,
                     const ColumnIds& needed) {
    if (!std::holds_alternative<FullScan>(ChooseAccessPath(scan, plan_.columns, context_, cardinality_)))
      return nullptr;
    ColumnIds early;
    for (const SortKey& key : top.keys) Include(early, key.column);
    ColumnIds read = early;
    if (const auto* project = std::get_if<LogicalProject>(&input.body)) {
      for (const ComputedColumn& computed : project->computed) {
        if (Has(early, computed.column) || Has(needed, computed.column)) flow_.Read(*computed.expr, read);
      }
    }
    flow_.Read(scan.filters, read);
    ColumnIds late;
    for (const ColumnId column : needed) {
      if (IsField(scan, column) && !Has(read, column)) {
        late.push_back(column);
      } else {
        Include(early, column);
      }
    }
    if (late.empty()) return nullptr;
    const ColumnId row_id = RowIdColumn(scan);
    Include(early, row_id);
    BuiltPtr below = BuildAll(input, early);
    ColumnIds layout = below->layout;
    BuiltPtr rows = Make(TopNPlan{top.keys, top.limit}, std::move(below), layout);
    layout.insert(layout.end(), late.begin(), late.end());
    return Make(FetchPlan{scan.table, row_id, late}, std::move(rows), std::move(layout));
  }

  ColumnId RowIdColumn(const LogicalScan& scan) {
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      if (plan_.columns[i].source == ColumnSource::kRowId && plan_.columns[i].scan == scan.scan)
        return static_cast<ColumnId>(i);
    }
    return plan_.AddColumn({"row id", LogicalType::kInt, ColumnSource::kRowId, false, {}, scan.scan});
  }

  LogicalPlan& plan_;
  const PlannerContext& context_;
  const ColumnFlow flow_;
  const Cardinality cardinality_;
  const OrderFinder orders_{plan_, context_, cardinality_, flow_};
  const LogicalNode* limited_ = nullptr;  // What the last LIMIT takes its rows from, behind projections.
};

}  // namespace

PhysicalPlan BuildPhysicalPlan(LogicalPlan plan, const PlannerContext& context) {
  return Builder(plan, context).Finish();
}

}  // namespace rem::sql

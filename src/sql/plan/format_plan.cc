#include <cmath>

#include <fmt/format.h>
#include <rem/document.h>

#include "schema/vector_index_definition.h"
#include "sql/plan/aggregate_function.h"
#include "sql/plan/function.h"
#include "sql/plan/plan.h"
#include "sql/plan/plan_profile.h"
#include "sql/plan/table_function.h"

namespace rem::sql {

namespace {

class Formatter {
 public:
  explicit Formatter(const std::vector<PlanColumn>& columns) : columns_(columns) {}

  std::string Text(const Expr& expr) const {
    switch (expr.kind) {
      case ExprKind::kConstant:
        return Constant(expr);
      case ExprKind::kParameter:
        return fmt::format("${}", expr.parameter + 1);
      case ExprKind::kColumn:
        return Name(expr.column);
      case ExprKind::kCall:
        return Call(expr);
      case ExprKind::kAnd:
        return "(" + List(expr.arguments, " AND ", 0) + ")";
      case ExprKind::kOr:
        return "(" + List(expr.arguments, " OR ", 0) + ")";
      case ExprKind::kCoalesce:
        return "COALESCE(" + List(expr.arguments, ", ", 0) + ")";
      case ExprKind::kIn:
        return fmt::format("{} IN ({})", Text(*expr.arguments[0]), List(expr.arguments, ", ", 1));
      case ExprKind::kSubquery:
        return fmt::format("(subquery {})", expr.subquery + 1);
      case ExprKind::kCase: {
        std::string text = "CASE";
        for (size_t i = 0; i + 1 < expr.arguments.size(); i += 2)
          text += fmt::format(" WHEN {} THEN {}", Text(*expr.arguments[i]), Text(*expr.arguments[i + 1]));
        return text + fmt::format(" ELSE {} END", Text(*expr.arguments.back()));
      }
    }
    return {};
  }

  std::string List(const std::vector<ExprPtr>& exprs, std::string_view separator, size_t first) const {
    constexpr size_t kShown = 8;
    std::string text;
    for (size_t i = first; i < exprs.size(); ++i) {
      if (i > first) text += separator;
      if (i - first == kShown) return text + fmt::format("... {} more", exprs.size() - i);
      text += Text(*exprs[i]);
    }
    return text;
  }

  std::string Name(ColumnId id) const {
    const PlanColumn& column = columns_[id];
    if (column.source != ColumnSource::kProperty) return column.name;
    std::string name;
    for (const std::string& part : column.path) name += (name.empty() ? "" : ".") + part;
    return name;
  }

  std::string Names(const std::vector<ColumnId>& ids) const {
    std::string text;
    for (const ColumnId id : ids) text += (text.empty() ? "" : ", ") + Name(id);
    return text;
  }

 private:
  static std::string Constant(const Expr& expr) {
    if (expr.value.IsNull()) return "NULL";
    if (expr.type == LogicalType::kVector) return fmt::format("vector({})", expr.value.AsVector().size());
    const std::string text = expr.value.ToText();
    if (IsNumber(expr.type)) return text;
    if (expr.type == LogicalType::kBool) return expr.value.AsBool() ? "true" : "false";
    return fmt::format("'{}'", text.size() > 60 ? text.substr(0, 60) + "..." : text);
  }

  std::string Call(const Expr& expr) const {
    const std::string_view name = expr.function->name;
    const bool word = name[0] >= 'a' && name[0] <= 'z';
    if (!word && expr.arguments.size() == 2)
      return fmt::format("{} {} {}", Operand(*expr.arguments[0]), name, Operand(*expr.arguments[1]));
    if (!word) return fmt::format("{}{}", name, Operand(*expr.arguments[0]));
    if (name.starts_with("is ") && expr.arguments.size() == 1)
      return fmt::format("{} {}", Operand(*expr.arguments[0]), name);
    if (name == "cast" || (name == "extract" && expr.arguments.size() == 1))
      return fmt::format("{}::{}", Operand(*expr.arguments[0]), LogicalTypeName(expr.type));
    return fmt::format("{}({})", name, List(expr.arguments, ", ", 0));
  }

  std::string Operand(const Expr& expr) const {
    const bool wraps = expr.kind == ExprKind::kCall && expr.arguments.size() == 2 &&
                       !(expr.function->name[0] >= 'a' && expr.function->name[0] <= 'z');
    return wraps ? "(" + Text(expr) + ")" : Text(expr);
  }

  const std::vector<PlanColumn>& columns_;
};

class PlanFormatter {
 public:
  PlanFormatter(const PhysicalPlan& plan, const PlanProfile* profile)
      : plan_(plan), profile_(profile), format_(plan.columns) {}

  std::string AsText() {
    Node(*plan_.root, 0);
    for (size_t i = 0; i < plan_.subqueries.size(); ++i) {
      if (plan_.subqueries[i].root == nullptr) continue;
      text_ += fmt::format("Subquery {}\n", i + 1);
      Node(*plan_.subqueries[i].root, 1);
    }
    for (const PhysicalCte& cte : plan_.ctes) {
      if (cte.root == nullptr) continue;
      text_ += fmt::format("With {}\n", cte.name);
      Node(*cte.root, 1);
    }
    return std::move(text_);
  }

  void AsJson(DocumentBuilder& out) const {
    std::vector<NamedPlan> below;
    for (size_t i = 0; i < plan_.subqueries.size(); ++i) {
      if (plan_.subqueries[i].root != nullptr)
        below.push_back({"SubPlan", fmt::format("SubPlan {}", i + 1), plan_.subqueries[i].root.get()});
    }
    for (const PhysicalCte& cte : plan_.ctes) {
      if (cte.root != nullptr) below.push_back({"InitPlan", "CTE " + cte.name, cte.root.get()});
    }
    JsonNode({"", "", plan_.root.get()}, below, out);
  }

 private:
  struct NamedPlan {
    std::string relationship;  ///< To the node above it.
    std::string name;
    const PhysicalNode* node = nullptr;
  };

  // A node with those below it, and `more` besides.
  void JsonNode(const NamedPlan& plan, const std::vector<NamedPlan>& more, DocumentBuilder& out) const {
    const PhysicalNode& node = *plan.node;
    const auto text = [&](const char* key, const std::string& value) {
      out.Key(key);
      out.Text(value);
    };
    out.BeginObject();
    const std::string description = std::visit([&](const auto& body) { return Describe(body); }, node.body);
    text("Node Type", std::visit([&](const auto& body) { return TypeOf(body, description); }, node.body));
    if (!plan.relationship.empty()) text("Parent Relationship", plan.relationship);
    if (!plan.name.empty()) text("Subplan Name", plan.name);
    text("Description", description);
    if (node.estimated_rows >= 0) {
      out.Key("Plan Rows");
      out.Int(static_cast<int64_t>(std::min(node.estimated_rows, 1e18)));
    }
    if (const NodeProfile* done = profile_ == nullptr ? nullptr : profile_->Find(node)) JsonProfile(*done, out);
    std::vector<NamedPlan> below;
    if (node.input != nullptr) below.push_back({"Outer", "", node.input.get()});
    if (node.right != nullptr) below.push_back({"Inner", "", node.right.get()});
    below.insert(below.end(), more.begin(), more.end());
    if (!below.empty()) {
      out.Key("Plans");
      out.BeginArray();
      for (const NamedPlan& one : below) JsonNode(one, {}, out);
      out.EndArray();
    }
    out.EndObject();
  }

  static void JsonProfile(const NodeProfile& done, DocumentBuilder& out) {
    out.Key("Actual Total Time");
    out.Double(Milliseconds(done));
    const auto number = [&](const std::string& key, uint64_t value) {
      out.Key(key);
      out.Int(static_cast<int64_t>(value));
    };
    number("Actual Rows", done.rows);
    number("Actual Loops", done.runs);
    number("Actual Batches", done.batches);
    if (done.most_memory_bytes() > 0) number("Peak Memory Usage", (done.most_memory_bytes() + 1023) / 1024);
    for (const auto& [name, value] : done.notes()) number(name, static_cast<uint64_t>(value));
  }

  static double Milliseconds(const NodeProfile& done) {
    return std::round(static_cast<double>(done.nanoseconds.load()) / 1e3) / 1e3;
  }

  std::string Profile(const PhysicalNode& node) const {
    const NodeProfile* done = profile_ == nullptr ? nullptr : profile_->Find(node);
    if (done == nullptr) return {};
    if (done->runs == 0) return "  (never executed)";
    std::string text = fmt::format("  (actual time={:.3f} ms rows={} batches={} loops={}", Milliseconds(*done),
                                   done->rows.load(), done->batches.load(), done->runs.load());
    if (done->most_memory_bytes() > 0) text += fmt::format(" memory={} kB", (done->most_memory_bytes() + 1023) / 1024);
    for (const auto& [name, value] : done->notes()) text += fmt::format(" {}={}", name, value);
    return text + ")";
  }

  // What a node is called in JSON.
  template <typename Body>
  static std::string TypeOf(const Body&, const std::string& description) {
    // The words before the details.
    size_t end = description.size();
    for (const std::string_view sign : {" on ", " by ", " where ", " (", " from ", " for ", " limit ", " offset "})
      end = std::min(end, description.find(sign));
    return description.substr(0, end);
  }
  static std::string TypeOf(const AggregatePlan&, const std::string&) { return "Aggregate"; }
  static std::string TypeOf(const WindowPlan&, const std::string&) { return "WindowAgg"; }
  static std::string TypeOf(const ProjectPlan&, const std::string&) { return "Project"; }
  static std::string TypeOf(const ProjectSetPlan&, const std::string&) { return "Project Set"; }
  static std::string TypeOf(const TableFunctionPlan&, const std::string&) { return "Function Scan"; }

  void Node(const PhysicalNode& node, size_t depth) {
    text_.append(depth * 2, ' ');
    text_ += std::visit([&](const auto& body) { return Describe(body); }, node.body);
    if (node.estimated_rows >= 0) text_ += fmt::format(" rows={:.0f}", node.estimated_rows);
    text_ += Profile(node);
    text_ += '\n';
    if (node.input != nullptr) Node(*node.input, depth + 1);
    if (node.right != nullptr) Node(*node.right, depth + 1);
  }

  std::string Where(const std::vector<ExprPtr>& filters) const {
    return filters.empty() ? "" : " where " + format_.List(filters, " AND ", 0);
  }
  std::string Reads(const std::vector<ColumnId>& columns) const {
    return columns.empty() ? "" : fmt::format(" ({})", format_.Names(columns));
  }
  std::string Keys(const std::vector<SortKey>& keys) const {
    std::string text;
    for (const SortKey& key : keys) {
      text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", format_.Name(key.column), key.descending ? " desc" : "",
                          key.nulls_first == key.descending ? ""
                          : key.nulls_first                 ? " nulls first"
                                                            : " nulls last");
    }
    return text;
  }
  std::string Limit(const LogicalLimit& limit) const {
    std::string text = limit.limit == nullptr ? "" : " limit " + format_.Text(*limit.limit);
    if (limit.offset != nullptr) text += " offset " + format_.Text(*limit.offset);
    return text;
  }
  std::string Access(const Table& table, const IndexAccess& access) const {
    const std::string& field = table.indexes[access.index].field.name;
    std::string text;
    const auto add = [&](std::string part) { text += (text.empty() ? "" : ", ") + std::move(part); };
    if (access.points.size() == 1) add(fmt::format("{} = {}", field, format_.Text(*access.points[0])));
    if (access.points.size() > 1) add(fmt::format("{} in ({})", field, format_.List(access.points, ", ", 0)));
    if (access.points.empty() && access.lower)
      add(fmt::format("{} {} {}", field, access.lower->inclusive ? ">=" : ">", format_.Text(*access.lower->value)));
    if (access.points.empty() && access.upper)
      add(fmt::format("{} {} {}", field, access.upper->inclusive ? "<=" : "<", format_.Text(*access.upper->value)));
    if (access.text_prefix) add(fmt::format("{} starts with '{}'", field, *access.text_prefix));
    if (access.only_nulls) add(fmt::format("{} is null", field));
    return text.empty() ? field : text;
  }

  std::string Describe(const TableScanPlan& scan) const {
    return fmt::format("Table Scan on {}{}{}", scan.table->name(), Reads(scan.columns), Where(scan.filters));
  }
  std::string Describe(const IndexScanPlan& scan) const {
    const auto joined = [&](const std::vector<IndexAccess>& accesses, std::string_view word) {
      std::string text;
      for (const IndexAccess& access : accesses) {
        if (!text.empty()) text += word;
        text += Access(*scan.table, access);
      }
      return text;
    };
    std::string path = joined(scan.path.any, " | ");
    if (!scan.path.narrowing.empty()) path += " & " + joined(scan.path.narrowing, " & ");
    return fmt::format("{} on {} [{}]{}{}", scan.path.covering ? "Index Only Scan" : "Index Scan", scan.table->name(),
                       path, Reads(scan.columns), Where(scan.filters));
  }
  std::string Describe(const IndexOrderScanPlan& scan) const {
    return fmt::format("Index Order Scan on {} [{}{}]{}{}", scan.table->name(), Access(*scan.table, scan.access),
                       scan.descending ? " desc" : "", Reads(scan.columns), Where(scan.filters));
  }
  std::string Describe(const OrderedTopNPlan& top) const {
    return fmt::format("Index Order on {} [{}] by {}{}{}{}; else:", top.table->name(), Access(*top.table, top.access),
                       Keys(top.keys), Limit(top.limit), Reads(top.columns), Where(top.filters));
  }
  std::string Describe(const IdLookupPlan& lookup) const {
    return fmt::format("Id Lookup on {} [{}]{}{}", lookup.table->name(), format_.List(lookup.ids, ", ", 0),
                       Reads(lookup.columns), Where(lookup.filters));
  }
  std::string Describe(const OneRowPlan&) const { return "One Row"; }
  std::string Describe(const EmptyPlan&) const { return "Empty"; }
  std::string Describe(const FilterPlan& filter) const { return "Filter" + Where(filter.conjuncts); }
  static std::string_view MetricName(VectorMetric metric) {
    return VectorMetricName(static_cast<VectorIndexDefinition::Metric>(metric));
  }
  std::string Describe(const NearestPlan& nearest) const {
    std::string bounds;
    for (const NearestPlan::Bound& bound : nearest.bounds)
      bounds += fmt::format(" within {}{}", format_.Text(*bound.value), bound.inclusive ? "" : " (exclusive)");
    return fmt::format("Nearest on {} by {}.{}({}){}{}{}; else:", nearest.table->name(), nearest.column,
                       MetricName(nearest.metric), format_.Text(*nearest.query), bounds,
                       nearest.nulls_first ? " nulls first" : "", Limit(nearest.limit));
  }
  std::string Describe(const RankPlan& rank) const {
    LogicalLimit limit{rank.rank.limit, rank.rank.offset};
    return fmt::format(
        "Vector Rank on {} by {}.{}{}{}", rank.rank.table->name(), rank.rank.column, MetricName(rank.rank.metric),
        limit.limit == nullptr ? fmt::format(" limit {}", kDefaultRankLimit) : Limit(limit), Reads(rank.columns));
  }
  std::string Describe(const FetchPlan& fetch) const {
    return fmt::format("Fetch from {}{}", fetch.table->name(), Reads(fetch.columns));
  }
  std::string Describe(const AggregatePlan& aggregate) const {
    std::string text = aggregate.ordered ? "Ordered Aggregate" : "Aggregate";
    for (const AggregateCall& call : aggregate.calls) {
      text += fmt::format("{}{}({}{})", &call == aggregate.calls.data() ? " " : ", ", call.function->name,
                          call.distinct ? "distinct " : "",
                          call.arguments.empty() ? "*" : format_.List(call.arguments, ", ", 0));
      if (call.filter != nullptr) text += fmt::format(" filter ({})", format_.Text(*call.filter));
    }
    for (const ComputedColumn& group : aggregate.groups)
      text += fmt::format("{}{}", &group == aggregate.groups.data() ? " by " : ", ", format_.Text(*group.expr));
    if (!aggregate.sets.empty()) text += fmt::format(" in {} sets", aggregate.sets.size());
    return text;
  }
  std::string Describe(const ProjectPlan& project) const {
    std::string text = "Project";
    for (const ComputedColumn& computed : project.computed)
      text += fmt::format("{}{}", &computed == project.computed.data() ? " " : ", ", format_.Text(*computed.expr));
    return text;
  }
  std::string Describe(const WindowPlan& plan) const {
    std::string text = "Window";
    for (const WindowCall& call : plan.window.calls) {
      text += fmt::format("{}{}({})", &call == plan.window.calls.data() ? " " : ", ", plan_.columns[call.output].name,
                          format_.Names(call.arguments));
    }
    if (!plan.window.partition.empty()) text += " partition by " + format_.Names(plan.window.partition);
    if (!plan.window.order.empty()) text += " order by " + Keys(plan.window.order);
    return text;
  }
  std::string Describe(const SortPlan& sort) const { return "Sort by " + Keys(sort.keys); }
  std::string Describe(const TopNPlan& top) const {
    return fmt::format("Top N by {}{}", Keys(top.keys), Limit(top.limit));
  }
  std::string Describe(const LimitPlan& limit) const { return "Limit" + Limit(limit.limit); }

  static std::string_view KindName(JoinKind kind) {
    static constexpr std::string_view kNames[] = {"", "Left ", "Right ", "Full ", "Semi ", "Anti ", "Single "};
    return kNames[static_cast<size_t>(kind)];
  }
  std::string On(const std::vector<ExprPtr>& conditions) const {
    return conditions.empty() ? "" : " on " + format_.List(conditions, " AND ", 0);
  }
  std::string Describe(const NestedLoopJoinPlan& join) const {
    return fmt::format("Nested Loop {}Join{}", KindName(join.kind), On(join.conditions));
  }
  std::string Describe(const HashJoinPlan& join) const {
    std::string text = fmt::format("Hash {}Join", KindName(join.kind));
    for (size_t i = 0; i < join.left_keys.size(); ++i)
      text += fmt::format("{}{} = {}", i == 0 ? " by " : ", ", format_.Text(*join.left_keys[i]),
                          format_.Text(*join.right_keys[i]));
    if (join.nulls_match) text += " or null";
    return text + On(join.conditions);
  }
  std::string Describe(const MergeJoinPlan& join) const {
    return fmt::format("Merge {}Join by {} = {}{}", KindName(join.kind), format_.Name(join.left_key),
                       format_.Name(join.right_key), On(join.conditions));
  }
  std::string Describe(const IndexJoinPlan& join) const {
    const std::string& field = join.index ? join.table->indexes[*join.index].field.name : kIdName;
    return fmt::format("Index {}Join with {} [{} = {}]{}{}{}", KindName(join.kind), join.table->name(), field,
                       format_.Text(*join.key), Reads(join.columns), Where(join.filters), On(join.conditions));
  }
  std::string Describe(const LateralJoinPlan& join) const {
    return fmt::format("Lateral {}Join for {}{}", KindName(join.kind), format_.Names(join.given), On(join.conditions));
  }
  std::string Describe(const DistinctPlan& distinct) const { return "Distinct by " + format_.Names(distinct.on); }
  std::string Describe(const SetOpPlan& set) const {
    static constexpr std::string_view kNames[] = {"Append", "Intersect", "Except"};
    if (set.kind == SetKind::kUnion && !set.all) return "Union";
    const bool all = set.all && set.kind != SetKind::kUnion;
    return fmt::format("{}{}", kNames[static_cast<size_t>(set.kind)], all ? " All" : "");
  }
  std::string Describe(const ValuesPlan& values) const { return fmt::format("Values ({} rows)", values.rows.size()); }
  std::string Call(const LogicalTableFunction& call) const {
    return fmt::format("{}({})", call.function->name, format_.List(call.arguments, ", ", 0));
  }
  std::string Describe(const TableFunctionPlan& scan) const { return "Function Scan " + Call(scan.call); }
  std::string Describe(const ProjectSetPlan& set) const {
    std::string text = "Project Set";
    for (const LogicalTableFunction& call : set.calls) text += (&call == set.calls.data() ? " " : ", ") + Call(call);
    return text;
  }
  std::string Describe(const CteScanPlan& scan) const { return "With Scan on " + plan_.ctes[scan.cte].name; }
  std::string Describe(const RecursionPlan& recursion) const {
    return recursion.all ? "Recursion" : "Recursion of new rows";
  }
  std::string Describe(const WorkScanPlan&) const { return "Last Round"; }

  inline static const std::string kIdName = "id";
  const PhysicalPlan& plan_;
  const PlanProfile* profile_;
  Formatter format_;
  std::string text_;
};

}  // namespace

std::string FormatExpr(const Expr& expr, const std::vector<PlanColumn>& columns) {
  return Formatter(columns).Text(expr);
}

std::string FormatPlan(const PhysicalPlan& plan) { return PlanFormatter(plan, nullptr).AsText(); }

std::string FormatPlan(const PhysicalPlan& plan, const PlanProfile* profile, const StatementTimes& times) {
  std::string text = PlanFormatter(plan, profile).AsText();
  if (profile != nullptr)
    text += fmt::format("Planning Time: {:.3f} ms\nExecution Time: {:.3f} ms\n", times.planning, times.execution);
  return text;
}

std::string FormatPlanAsJson(const PhysicalPlan& plan, const PlanProfile* profile, const StatementTimes& times) {
  DocumentBuilder out;
  out.BeginArray();
  out.BeginObject();
  out.Key("Plan");
  PlanFormatter(plan, profile).AsJson(out);
  if (profile != nullptr) {
    out.Key("Planning Time");
    out.Double(times.planning);
    out.Key("Execution Time");
    out.Double(times.execution);
  }
  out.EndObject();
  out.EndArray();
  return out.Finish().view().ToPrettyJson();
}

}  // namespace rem::sql

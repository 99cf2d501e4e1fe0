#include "sql/planner/cardinality.h"

#include <algorithm>
#include <cmath>

#include <rem/error.h>

#include "sql/plan/access_estimate.h"
#include "sql/plan/function.h"
#include "sql/planner/rewrite.h"
#include "sql/planner/statistics.h"
#include "sql/planner/statistics_ends.h"

namespace rem::sql {

namespace {

// Guesses where nothing is known, as in PostgreSQL.
constexpr double kUnknownEqual = 0.005;
constexpr double kUnknownRange = 1.0 / 3;
constexpr double kUnknownDistinct = 200;
constexpr double kFunctionRows = 100;
constexpr double kRecursionRounds = 10;

double Clamp(double part) { return std::clamp(part, 0.0, 1.0); }

std::string_view Mirrored(std::string_view sign) {
  if (sign == "<") return ">";
  if (sign == "<=") return ">=";
  if (sign == ">") return "<";
  if (sign == ">=") return "<=";
  return sign;
}

}  // namespace

Cardinality::Cardinality(const LogicalPlan& plan, const PlannerContext& context, bool settled)
    : plan_(plan), context_(context), settled_(settled) {
  if (plan.root != nullptr) AddScans(*plan.root);
  for (const LogicalSubquery& subquery : plan.subqueries) {
    if (subquery.root != nullptr) AddScans(*subquery.root);
  }
  for (const LogicalCte& cte : plan.ctes) {
    if (cte.root != nullptr) AddScans(*cte.root);
  }
}

void Cardinality::AddScans(const LogicalNode& node) {
  if (const auto* scan = std::get_if<LogicalScan>(&node.body)) scans_[scan->scan] = scan->table;
  if (node.input != nullptr) AddScans(*node.input);
  if (node.right != nullptr) AddScans(*node.right);
}

double Cardinality::TableRows(uint32_t scan) const {
  const auto found = scans_.find(scan);
  if (found == scans_.end()) return 0;
  return static_cast<double>(std::max<int64_t>(found->second->counters->live_rows.load(), 0));
}

std::vector<TablePtr> Cardinality::Tables() const {
  std::vector<TablePtr> tables;
  for (const auto& [scan, table] : scans_) {
    if (std::ranges::find(tables, table) == tables.end()) tables.push_back(table);
  }
  return tables;
}

TableStatisticsPtr Cardinality::Statistics(const Table& table) const {
  TableStatisticsPtr& statistics = statistics_[table.id];
  if (statistics == nullptr)
    statistics = WithNewEnds(sql::StatisticsOf(table, context_.view, *context_.statistics), table, context_.view);
  return statistics;
}

const ColumnStatistics* Cardinality::StatisticsOf(const Expr& column) const {
  const PlanColumn& known = plan_.columns[column.column];
  if (known.source != ColumnSource::kProperty || known.path.size() != 1) return nullptr;
  const auto scan = scans_.find(known.scan);
  if (scan == scans_.end()) return nullptr;
  const TableStatisticsPtr statistics = Statistics(*scan->second);
  if (statistics == nullptr) return nullptr;
  const auto found = statistics->columns.find(known.path[0]);
  return found == statistics->columns.end() ? nullptr : &found->second;
}

double Cardinality::Distinct(const Expr& expr, double rows) const {
  rows = std::max(rows, 1.0);
  if (IsFixed(expr)) return 1;
  if (expr.kind == ExprKind::kColumn) {
    const PlanColumn& known = plan_.columns[expr.column];
    if (known.source == ColumnSource::kId || known.source == ColumnSource::kRowId)
      return std::clamp(TableRows(known.scan), 1.0, rows);
    if (known.type == LogicalType::kBool) return std::min(2.0, rows);
    if (const ColumnStatistics* statistics = StatisticsOf(expr)) return std::clamp(statistics->distinct, 1.0, rows);
  }
  return std::min(kUnknownDistinct, rows);
}

double Cardinality::EqualTo(const Expr& column, const ExprPtr& value) const {
  if (column.kind == ExprKind::kColumn) {
    const PlanColumn& known = plan_.columns[column.column];
    if (known.source == ColumnSource::kId) return 1 / std::max(TableRows(known.scan), 1.0);
  }
  const ColumnStatistics* statistics = column.kind == ExprKind::kColumn ? StatisticsOf(column) : nullptr;
  if (statistics == nullptr) return column.type == LogicalType::kBool ? 0.5 : kUnknownEqual;
  if (value == nullptr || !IsFixed(*value)) return EqualShare(*statistics, nullptr);
  const Value constant = context_.evaluate(*value);
  return EqualShare(*statistics, &constant);
}

double Cardinality::Compared(std::string_view sign, const Expr& column, const ExprPtr& value) const {
  const ColumnStatistics* statistics = column.kind == ExprKind::kColumn ? StatisticsOf(column) : nullptr;
  if (statistics == nullptr || !IsFixed(*value)) return kUnknownRange;
  return ComparedShare(*statistics, sign, context_.evaluate(*value)).value_or(kUnknownRange);
}

double Cardinality::CallSelectivity(const Expr& call) const {
  const std::string_view name = call.function->name;
  if (name == "not") return 1 - Selectivity(*call.arguments[0]);
  if (name == "is null" || name == "is not null") {
    const ColumnStatistics* statistics =
        call.arguments[0]->kind == ExprKind::kColumn ? StatisticsOf(*call.arguments[0]) : nullptr;
    const double nulls = statistics == nullptr ? kUnknownEqual : statistics->null_fraction;
    return name == "is null" ? nulls : 1 - nulls;
  }
  if (call.arguments.size() != 2) return kUnknownRange;
  const bool range = name == "<" || name == "<=" || name == ">" || name == ">=";
  if (name != "=" && name != "<>" && !range) return name == "~~" || name == "starts_with" ? 0.05 : kUnknownRange;
  const bool swapped = call.arguments[0]->kind != ExprKind::kColumn || IsFixed(*call.arguments[0]);
  const ExprPtr& column = call.arguments[swapped ? 1 : 0];
  const ExprPtr& value = call.arguments[swapped ? 0 : 1];
  if (range) return Compared(swapped ? Mirrored(name) : name, *column, value);
  const bool join = value->kind == ExprKind::kColumn;
  const double equal =
      join ? 1 / std::max(Distinct(*column, HUGE_VAL), Distinct(*value, HUGE_VAL)) : EqualTo(*column, value);
  return name == "=" ? equal : 1 - equal;
}

double Cardinality::Selectivity(const Expr& condition) const {
  double part = kUnknownRange;
  try {
    switch (condition.kind) {
      case ExprKind::kConstant:
        part = IsConstant(condition, true) ? 1 : 0;
        break;
      case ExprKind::kColumn:
        part = 0.5;
        break;
      case ExprKind::kAnd:
        part = Selectivity(condition.arguments);
        break;
      case ExprKind::kOr: {
        double none = 1;
        for (const ExprPtr& argument : condition.arguments) none *= 1 - Selectivity(*argument);
        part = 1 - none;
        break;
      }
      case ExprKind::kIn:
        part = 0;
        // A long list is guessed from its beginning.
        for (size_t i = 1; i < std::min<size_t>(condition.arguments.size(), 100); ++i)
          part += EqualTo(*condition.arguments[0], condition.arguments[i]);
        part *= static_cast<double>(condition.arguments.size() - 1) /
                static_cast<double>(std::clamp<size_t>(condition.arguments.size() - 1, 1, 99));
        break;
      case ExprKind::kCall:
        part = CallSelectivity(condition);
        break;
      default:
        break;
    }
  } catch (const Error&) {
    // A value that cannot be computed fails when the query runs, if it is needed.
  }
  return Clamp(part);
}

// A comparison of a column with a value that is known; no column for anything else.
Cardinality::Bound Cardinality::BoundOf(const Expr& condition) const {
  if (condition.kind != ExprKind::kCall || condition.arguments.size() != 2) return {};
  const std::string_view name = condition.function->name;
  if (name != "<" && name != "<=" && name != ">" && name != ">=") return {};
  const bool swapped = condition.arguments[0]->kind != ExprKind::kColumn;
  const ExprPtr& column = condition.arguments[swapped ? 1 : 0];
  if (column->kind != ExprKind::kColumn || !IsFixed(*condition.arguments[swapped ? 0 : 1])) return {};
  return {column.get(), (swapped ? Mirrored(name) : name)[0] == '>'};
}

// Both ends of a range together, for they are anything but independent of each other.
double Cardinality::Selectivity(const std::vector<ExprPtr>& conditions) const {
  std::vector<const Expr*> left;
  for (const ExprPtr& condition : conditions) left.push_back(condition.get());
  double part = 1;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i] == nullptr) continue;
    const double alone = Selectivity(*left[i]);
    const Bound bound = BoundOf(*left[i]);
    const ColumnStatistics* statistics = bound.column == nullptr ? nullptr : StatisticsOf(*bound.column);
    const auto other = std::find_if(left.begin() + static_cast<std::ptrdiff_t>(i) + 1, left.end(), [&](const Expr* e) {
      const Bound end = e == nullptr || statistics == nullptr ? Bound{} : BoundOf(*e);
      return end.column != nullptr && end.column->column == bound.column->column && end.low != bound.low;
    });
    if (other == left.end()) {
      part *= alone;
    } else {
      part *= BetweenShare(*statistics, alone, Selectivity(**other));
      *other = nullptr;
    }
  }
  return part;
}

double Cardinality::JoinRows(const LogicalJoin& join, double left, double right) const {
  const double pairs = left * right * Selectivity(join.conditions);
  switch (join.kind) {
    case JoinKind::kInner:
      return pairs;
    case JoinKind::kLeft:
      return std::max(pairs, left);
    case JoinKind::kRight:
      return std::max(pairs, right);
    case JoinKind::kFull:
      return std::max({pairs, left, right});
    case JoinKind::kSemi:
      return std::min(pairs, left);
    case JoinKind::kAnti:
      return std::max(left - pairs, left * 0.1);
    case JoinKind::kSingle:
      return left;
  }
  return pairs;
}

struct Cardinality::RowsOf {
  const Cardinality& guess;
  const LogicalNode& node;

  double Input() const { return guess.Rows(*node.input); }
  double Fixed(const ExprPtr& expr, double unknown) const {
    if (expr == nullptr || !IsFixed(*expr)) return unknown;
    try {
      const Value value = guess.context_.evaluate(*expr);
      return value.IsNull() ? unknown : std::max(value.AsDouble(), 0.0);
    } catch (const Error&) {
      return unknown;
    }
  }
  double Limited(const LogicalLimit& limit, double rows) const {
    return std::min(std::max(rows - Fixed(limit.offset, 0), 0.0), Fixed(limit.limit, rows));
  }
  double Groups(const std::vector<ColumnId>& columns, double rows) const {
    double groups = 1;
    for (const ColumnId id : columns) {
      const PlanColumn& column = guess.plan_.columns[id];
      groups = std::min(rows, groups * guess.Distinct(*MakeColumn(id, column.type, column.dynamic), rows));
    }
    return groups;
  }

  double operator()(const LogicalScan& scan) const {
    return guess.TableRows(scan.scan) * guess.Selectivity(scan.filters);
  }
  double operator()(const LogicalOneRow&) const { return 1; }
  double operator()(const LogicalFilter& filter) const { return Input() * guess.Selectivity(filter.conjuncts); }
  double operator()(const LogicalRank& rank) const {
    return std::min(Input(), Fixed(rank.limit, kDefaultRankLimit) + Fixed(rank.offset, 0));
  }
  double operator()(const LogicalAggregate& aggregate) const {
    if (aggregate.groups.empty()) return static_cast<double>(std::max<size_t>(aggregate.sets.size(), 1));
    const double rows = Input();
    double groups = 1;
    for (const ComputedColumn& group : aggregate.groups)
      groups = std::min(rows, groups * guess.Distinct(*group.expr, rows));
    return groups;
  }
  double operator()(const LogicalProject&) const { return Input(); }
  double operator()(const LogicalWindow&) const { return Input(); }
  double operator()(const LogicalSort&) const { return Input(); }
  double operator()(const LogicalLimit& limit) const { return Limited(limit, Input()); }
  double operator()(const LogicalTopN& top) const { return Limited(top.limit, Input()); }
  double operator()(const LogicalJoin& join) const { return guess.JoinRows(join, Input(), guess.Rows(*node.right)); }
  double operator()(const LogicalDistinct& distinct) const { return Groups(distinct.on, Input()); }
  double operator()(const LogicalSetOp& set) const {
    const double left = Input(), right = guess.Rows(*node.right);
    if (set.kind == SetKind::kUnion) return left + right;
    return set.kind == SetKind::kIntersect ? std::min(left, right) : left;
  }
  double operator()(const LogicalValues& values) const { return static_cast<double>(values.rows.size()); }
  double operator()(const LogicalTableFunction&) const { return kFunctionRows; }
  double operator()(const LogicalProjectSet&) const { return Input() * kFunctionRows; }
  double operator()(const LogicalCteScan& scan) const {
    // CTEs may name each other many times over.
    const auto known = guess.ctes_.find(scan.cte);
    if (known != guess.ctes_.end()) return known->second;
    const double rows = guess.Rows(*guess.plan_.ctes[scan.cte].root);
    guess.ctes_[scan.cte] = rows;
    return rows;
  }
  double operator()(const LogicalRecursion&) const { return Input() * kRecursionRounds; }
  double operator()(const LogicalWorkScan&) const { return kFunctionRows; }
};

double Cardinality::Rows(const LogicalNode& node) const {
  if (!settled_) return std::visit(RowsOf{*this, node}, node.body);
  const auto known = rows_.find(&node);
  if (known != rows_.end()) return known->second;
  const double rows = std::visit(RowsOf{*this, node}, node.body);
  rows_[&node] = rows;
  return rows;
}

}  // namespace rem::sql

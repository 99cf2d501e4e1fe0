#include "sql/planner/access_path.h"

#include <algorithm>
#include <cmath>

#include "sql/plan/access_estimate.h"
#include "sql/plan/function.h"
#include "sql/plan/index_access.h"
#include "sql/plan/like_matcher.h"

namespace rem::sql {

namespace {

/// Entries counted to see how selective an index is.
constexpr size_t kProbedEntries = 100;
/// Below this many rows a table is read faster than an index is chosen.
constexpr int64_t kSmallTable = 16;
/// What a guess has to be beyond before a plan is made that can be no other way.
constexpr double kClearly = 2;
/// Of an order: an entry and its row cost about as much as scanning this many.
constexpr double kScannedRowsForOneEntry = 8;
constexpr double kLeastSelectivity = 1e-6;

/// The columns of a plan as one scan sees them: those of other scans are outer references, fixed while it runs.
struct ScanColumns {
  const std::vector<PlanColumn>& columns;
  uint32_t scan;

  bool Own(const Expr& expr) const {
    const PlanColumn& column = columns[expr.column];
    return column.source != ColumnSource::kComputed && column.scan == scan;
  }
  bool Fixed(const Expr& expr) const {
    if (expr.kind == ExprKind::kSubquery || (expr.kind == ExprKind::kColumn && Own(expr))) return false;
    return std::ranges::all_of(expr.arguments, [&](const ExprPtr& argument) { return Fixed(*argument); });
  }
};

const PlanColumn* FieldOf(const Expr& expr, const ScanColumns& columns) {
  return expr.kind == ExprKind::kColumn && columns.Own(expr) ? &columns.columns[expr.column] : nullptr;
}

std::string_view Swapped(std::string_view sign) {
  if (sign == "<") return ">";
  if (sign == "<=") return ">=";
  if (sign == ">") return "<";
  if (sign == ">=") return "<=";
  return sign;
}

/// One conjunct as a condition on one field.
struct Condition {
  const PlanColumn* field = nullptr;
  std::string_view sign;  ///< "=", "<", ..., "prefix" or "is null"
  std::vector<ExprPtr> values;
  std::string prefix;
};

std::optional<Condition> ConditionOf(const Expr& expr, const ScanColumns& columns) {
  Condition condition;
  if (expr.kind == ExprKind::kIn) {
    condition.field = FieldOf(*expr.arguments[0], columns);
    condition.sign = "=";
    condition.values.assign(expr.arguments.begin() + 1, expr.arguments.end());
    return condition.field == nullptr ? std::nullopt : std::optional(condition);
  }
  if (expr.kind == ExprKind::kOr) {
    for (const ExprPtr& argument : expr.arguments) {
      const auto one = ConditionOf(*argument, columns);
      if (!one || one->sign != "=" || (condition.field != nullptr && one->field != condition.field))
        return std::nullopt;
      condition.field = one->field;
      condition.values.insert(condition.values.end(), one->values.begin(), one->values.end());
    }
    condition.sign = "=";
    return condition;
  }
  if (expr.kind != ExprKind::kCall) return std::nullopt;
  const std::string_view name = expr.function->name;
  condition.field = FieldOf(*expr.arguments[0], columns);
  condition.sign = name;
  if (name == "is null") return condition.field == nullptr ? std::nullopt : std::optional(condition);
  if (expr.arguments.size() != 2) return std::nullopt;
  const ExprPtr* value = &expr.arguments[1];
  if (condition.field == nullptr) {
    condition.field = FieldOf(*expr.arguments[1], columns);
    condition.sign = Swapped(name);
    value = &expr.arguments[0];
    if (name == "~~" || name == "starts_with") return std::nullopt;
  }
  if (condition.field == nullptr || !columns.Fixed(**value)) return std::nullopt;
  condition.values = {*value};
  if (name == "~~" || name == "starts_with") {
    if ((*value)->kind != ExprKind::kConstant || (*value)->value.IsNull()) return std::nullopt;
    LikeMatcher matcher;
    if (name == "~~" && !matcher.Compile((*value)->value.AsText())) return std::nullopt;
    condition.prefix = name == "~~" ? matcher.prefix() : (*value)->value.AsText();
    condition.sign = "prefix";
    return condition.prefix.empty() ? std::nullopt : std::optional(condition);
  }
  const bool comparison = name == "=" || name == "<" || name == "<=" || name == ">" || name == ">=";
  return comparison ? std::optional(condition) : std::nullopt;
}

/// Whether an index on a path into an object, whose entries have one type, finds every row that a comparison by value
/// does.
bool ServesPath(const Condition& condition, LogicalType type) {
  if (condition.sign == "is null") return false;
  for (const ExprPtr& value : condition.values) {
    const bool number = value->type == LogicalType::kInt || value->type == LogicalType::kDouble;
    if (value->type == LogicalType::kJson) return false;
    if (type == LogicalType::kInt && (!number || condition.sign != "=")) return false;
    if (type == LogicalType::kDouble && !number) return false;
    if ((type == LogicalType::kText || type == LogicalType::kBool) && value->type != type) return false;
    if (type == LogicalType::kTimestamp || type == LogicalType::kUuid) return false;
  }
  return true;
}

bool Serves(const Condition& condition, const IndexDefinition& index) {
  if (!index.ready || index.field.each_element || condition.field->source != ColumnSource::kProperty ||
      condition.field->path != index.field.path)
    return false;
  if (condition.field->dynamic) return ServesPath(condition, index.field.type);
  return condition.field->type == index.field.type;
}

// Adds a condition to what the index is asked for; false when it adds nothing.
bool Narrow(IndexAccess& access, const Condition& condition) {
  if (condition.sign == "=") {
    if (!access.points.empty()) return false;
    access.points = condition.values;
    return true;
  }
  if (condition.sign == "is null") return access.only_nulls = access.whole();
  if (condition.sign == "prefix") {
    if (access.lower || access.upper || access.text_prefix) return false;
    access.text_prefix = condition.prefix;
    return true;
  }
  if (access.text_prefix || access.only_nulls) return false;
  auto& bound = condition.sign[0] == '>' ? access.lower : access.upper;
  if (bound) return false;
  bound = IndexAccess::Bound{condition.values[0], condition.sign.size() == 2};
  return true;
}

// Whether the bounds are known while planning: outer references are not.
bool CanProbe(const IndexAccess& access) {
  return std::ranges::all_of(access.points, [](const ExprPtr& point) { return IsFixed(*point); }) &&
         (!access.lower || IsFixed(*access.lower->value)) && (!access.upper || IsFixed(*access.upper->value));
}

size_t Probe(const IndexAccess& access, const Table& table, const PlannerContext& context) {
  // An equality with an unknown value is taken to find a few rows, a range many.
  if (!CanProbe(access)) return access.points.empty() ? kProbedEntries : kProbedEntries / 10;
  size_t entries = 0;
  for (const IndexRange& range : RangesOf(access, table, context.evaluate)) {
    IndexCursor cursor = context.view.ScanIndex(table.indexes[access.index], range);
    while (entries < kProbedEntries && cursor.Next()) ++entries;
    if (entries >= kProbedEntries) break;
  }
  return entries;
}

// About how many entries an access finds: by statistics, else by counting some.
double GuessEntries(const IndexAccess& access, const Table& table, const PlannerContext& context,
                    const Cardinality& cardinality) {
  const TableStatisticsPtr statistics = cardinality.Statistics(table);
  if (statistics != nullptr && CanProbe(access)) {
    const auto live = static_cast<double>(std::max<int64_t>(table.counters->live_rows.load(), 0));
    if (const auto share = AccessShare(access, table, *statistics, context.evaluate)) return *share * live;
  }
  return static_cast<double>(Probe(access, table, context));
}

double GuessEntries(const IndexPath& path, const Table& table, const PlannerContext& context,
                    const Cardinality& cardinality) {
  double entries = 0;
  for (const IndexAccess& access : path.any) entries += GuessEntries(access, table, context, cardinality);
  return entries;
}

bool IsConstant(const ExprPtr& expr) { return expr->kind == ExprKind::kConstant; }

bool IsConstant(const IndexAccess& access) {
  return std::ranges::all_of(access.points, [](const ExprPtr& point) { return IsConstant(point); }) &&
         (!access.lower || IsConstant(access.lower->value)) && (!access.upper || IsConstant(access.upper->value));
}

bool AreRanges(const IndexPath& path) {
  return std::ranges::any_of(path.any, [](const IndexAccess& access) { return access.points.empty(); });
}

// What each index that serves any of the conditions is asked for.
std::vector<IndexAccess> AccessesFor(const std::vector<Condition>& conditions, const Table& table) {
  std::vector<IndexAccess> accesses;
  for (size_t i = 0; i < table.indexes.size(); ++i) {
    IndexAccess access{i};
    bool useful = false;
    // Equality first: it is narrower than any range.
    for (const bool equality : {true, false}) {
      for (const Condition& condition : conditions) {
        if ((condition.sign == "=") != equality || !Serves(condition, table.indexes[i])) continue;
        if (access.points.empty()) useful |= Narrow(access, condition);
      }
    }
    if (useful) accesses.push_back(std::move(access));
  }
  return accesses;
}

// a = 1 OR (b > 2 AND c = 3), where every side has an index.
std::optional<IndexPath> AccessOfEither(const Expr& expr, const ScanColumns& columns, const Table& table) {
  if (expr.kind != ExprKind::kOr) return std::nullopt;
  IndexPath path;
  for (const ExprPtr& side : expr.arguments) {
    std::vector<Condition> conditions;
    const auto add = [&](const Expr& part) {
      if (auto condition = ConditionOf(part, columns)) conditions.push_back(std::move(*condition));
    };
    if (side->kind == ExprKind::kAnd) {
      for (const ExprPtr& part : side->arguments) add(*part);
    } else {
      add(*side);
    }
    std::vector<IndexAccess> accesses = AccessesFor(conditions, table);
    if (accesses.empty()) return std::nullopt;
    const auto equality = std::ranges::find_if(accesses, [](const IndexAccess& a) { return !a.points.empty(); });
    path.any.push_back(std::move(equality == accesses.end() ? accesses.front() : *equality));
  }
  return path;
}

// The filter that says no more than the only access of a path, an equality with one value of a type that indexes hold
// as rows do: the rows need not be asked again.
//   WHERE name = $1, by the index on name  ->  0
std::optional<size_t> ImpliedFilter(const LogicalScan& scan, const IndexPath& path,
                                    const std::vector<PlanColumn>& columns) {
  if (path.any.size() != 1 || path.any[0].points.size() != 1) return std::nullopt;
  const ExprPtr& point = path.any[0].points[0];
  if (point->type != LogicalType::kText && point->type != LogicalType::kUuid && !IsInteger(point->type))
    return std::nullopt;
  for (size_t i = 0; i < scan.filters.size(); ++i) {
    const auto condition = ConditionOf(*scan.filters[i], {columns, scan.scan});
    if (condition && condition->sign == "=" && condition->values.size() == 1 && condition->values[0] == point &&
        !condition->field->dynamic && condition->field->type == point->type)
      return i;
  }
  return std::nullopt;
}

}  // namespace

AccessPath ChooseAccessPath(const LogicalScan& scan, const std::vector<PlanColumn>& columns,
                            const PlannerContext& context, const Cardinality& cardinality) {
  const Table& table = *scan.table;
  std::vector<Condition> conditions;
  for (size_t i = 0; i < scan.filters.size(); ++i) {
    auto condition = ConditionOf(*scan.filters[i], {columns, scan.scan});
    if (!condition) continue;
    const bool ids = condition->field->source == ColumnSource::kId && condition->sign == "=";
    if (ids &&
        std::ranges::all_of(condition->values, [](const ExprPtr& value) { return value->type == LogicalType::kUuid; }))
      return IdAccess{condition->values, i};
    conditions.push_back(std::move(*condition));
  }
  if (table.counters->live_rows.load() < kSmallTable) return FullScan{};
  std::vector<IndexPath> candidates;
  for (IndexAccess& access : AccessesFor(conditions, table)) candidates.push_back({{std::move(access)}});
  const size_t single = candidates.size();
  for (const ExprPtr& filter : scan.filters) {
    if (auto either = AccessOfEither(*filter, {columns, scan.scan}, table)) candidates.push_back(std::move(*either));
  }
  if (candidates.empty()) return FullScan{};
  size_t best = 0;
  double fewest = HUGE_VAL;
  for (size_t i = 0; candidates.size() > 1 && i < candidates.size(); ++i) {
    const double entries = GuessEntries(candidates[i], table, context, cardinality);
    const bool better =
        entries < fewest || (entries == fewest && AreRanges(candidates[best]) && !AreRanges(candidates[i]));
    if (better) {
      best = i;
      fewest = entries;
    }
  }
  for (size_t i = 0; i < single; ++i) {
    if (i != best) candidates[best].narrowing.push_back(std::move(candidates[i].any[0]));
  }
  candidates[best].implied = ImpliedFilter(scan, candidates[best], columns);
  return std::move(candidates[best]);
}

bool CostsMoreThanScan(const IndexPath& path, const Table& table, const PlannerContext& context,
                       const Cardinality& cardinality) {
  const auto constant = [](const IndexAccess& access) { return IsConstant(access); };
  const TableStatisticsPtr statistics = cardinality.Statistics(table);
  if (statistics == nullptr || path.covering || !path.narrowing.empty() || !std::ranges::all_of(path.any, constant))
    return false;
  double share = 0;
  for (const IndexAccess& access : path.any) {
    const auto one = AccessShare(access, table, *statistics, context.evaluate);
    if (!one) return false;
    share += *one;
  }
  return share * (kEntryCost + kFetchCost) > kClearly;
}

int64_t WantedRows(const LogicalLimit& limit, const PlannerContext& context) {
  if (!IsFixed(*limit.limit) || (limit.offset != nullptr && !IsFixed(*limit.offset))) return -1;
  const Value count = context.evaluate(*limit.limit);
  const Value offset = limit.offset == nullptr ? Value(0) : context.evaluate(*limit.offset);
  if (count.IsNull()) return -1;
  int64_t wanted = 0;
  if (__builtin_add_overflow(count.AsInt(), offset.IsNull() ? 0 : offset.AsInt(), &wanted) || wanted > 1'000'000'000)
    return -1;
  return wanted;
}

std::optional<IndexAccess> ChooseOrderedAccess(const LogicalScan& scan, const std::vector<SortKey>& keys,
                                               int64_t wanted_rows, const std::vector<PlanColumn>& columns,
                                               const Cardinality& cardinality) {
  const Table& table = *scan.table;
  const auto live = static_cast<double>(table.counters->live_rows.load());
  const PlanColumn& field = columns[keys[0].column];
  // NULLs are last in an index, so the order has them last, or first when it goes backwards.
  if (keys.size() != 1 || field.source != ColumnSource::kProperty || field.scan != scan.scan || field.dynamic ||
      keys[0].descending != keys[0].nulls_first)
    return std::nullopt;
  for (size_t i = 0; i < table.indexes.size(); ++i) {
    const IndexedField& indexed = table.indexes[i].field;
    if (!table.indexes[i].ready || indexed.each_element || indexed.path != field.path || indexed.type != field.type)
      continue;
    IndexAccess access{i};
    std::vector<ExprPtr> others;
    for (const ExprPtr& filter : scan.filters) {
      const auto condition = ConditionOf(*filter, {columns, scan.scan});
      const bool bound =
          condition && Serves(*condition, table.indexes[i]) && condition->sign != "=" && Narrow(access, *condition);
      if (!bound) others.push_back(filter);
    }
    // So many entries have to be read until enough of them meet the other conditions.
    const double expected =
        static_cast<double>(wanted_rows) / std::max(cardinality.Selectivity(others), kLeastSelectivity);
    if (access.only_nulls || expected * kScannedRowsForOneEntry > live) return std::nullopt;
    return access;
  }
  return std::nullopt;
}

bool EntriesHold(const IndexedField& field, const ColumnIds& read, const std::vector<PlanColumn>& columns) {
  if (field.type == LogicalType::kDouble || field.type == LogicalType::kReal || field.type == LogicalType::kNumeric)
    return false;
  return std::ranges::all_of(read, [&](ColumnId id) {
    const PlanColumn& column = columns[id];
    if (column.source == ColumnSource::kRowId) return true;
    return column.source == ColumnSource::kProperty && !column.dynamic && column.path == field.path &&
           column.type == field.type;
  });
}

std::optional<IndexAccess> FindIndexOrder(const LogicalScan& scan, ColumnId column,
                                          const std::vector<PlanColumn>& columns) {
  const Table& table = *scan.table;
  const PlanColumn& field = columns[column];
  if (field.source != ColumnSource::kProperty || field.scan != scan.scan || field.dynamic) return std::nullopt;
  for (size_t i = 0; i < table.indexes.size(); ++i) {
    const IndexedField& indexed = table.indexes[i].field;
    const bool serves =
        table.indexes[i].ready && !indexed.each_element && indexed.path == field.path && indexed.type == field.type;
    if (!serves) continue;
    IndexAccess access{i};
    for (const ExprPtr& filter : scan.filters) {
      const auto condition = ConditionOf(*filter, {columns, scan.scan});
      if (condition && Serves(*condition, table.indexes[i]) && access.points.empty()) Narrow(access, *condition);
    }
    return access;
  }
  return std::nullopt;
}

}  // namespace rem::sql

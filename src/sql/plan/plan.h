#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "catalog/table.h"
#include "catalog/table_statistics.h"
#include "sql/plan/expression.h"
#include "sql/plan/window.h"

namespace rem::sql {

/// Where a column of a query comes from.
enum class ColumnSource : uint8_t {
  kComputed,
  kProperty,    ///< `path` into the record
  kUndeclared,  ///< An object of all top-level members that the schema does not name.
  kId,
  kCreatedAt,
  kModifiedAt,
  kDeletedAt,
  kRowId,
  kVector,  ///< path[0] names the vector column.
};

struct PlanColumn {
  std::string name;
  LogicalType type = LogicalType::kText;
  ColumnSource source = ColumnSource::kComputed;
  bool dynamic = false;
  std::vector<std::string> path;
  /// The LogicalScan that fields, system columns, vectors and row ids come from.
  uint32_t scan = 0;
};

enum class VectorMetric : uint8_t { kCosine, kInnerProduct, kL2 };

struct AggregateFunction;

/// ORDER BY inside an aggregate call.
struct AggregateSortKey {
  ExprPtr expr;
  bool descending = false;
  bool nulls_first = false;
};

/// The operator does DISTINCT, ORDER BY and FILTER; the function sees the rows that are left, in their order.
struct AggregateCall {
  const AggregateFunction* function = nullptr;
  std::vector<ExprPtr> arguments;  ///< Of exactly the function's types; none for count(*).
  bool distinct = false;
  std::vector<AggregateSortKey> order;
  ExprPtr filter;  ///< nullptr: every row
  ColumnId output = 0;
  int position = 0;
};

struct SortKey {
  ColumnId column = 0;
  bool descending = false;
  bool nulls_first = false;
};

struct ComputedColumn {
  ColumnId column = 0;
  ExprPtr expr;
};

// ---- The logical plan: what the query says. ----
//
// Column ids are unique in a statement, over all its subqueries. An expression may name a column that its input does
// not have: an outer reference, to a row of an enclosing query or of the left side of a lateral join. Whoever runs the
// inner plan gives such columns values (ExecContext::outer), so that they are fixed while it runs.

struct LogicalScan {
  TablePtr table;
  std::vector<ColumnId> columns;  ///< Fields that are read.
  std::vector<ExprPtr> filters;   ///< Pushed down; ANDed.
  /// Tells scans of one table apart: fields and row id of this scan carry it (PlanColumn::scan).
  uint32_t scan = 0;
};
struct LogicalOneRow {};
struct LogicalFilter {
  std::vector<ExprPtr> conjuncts;
};
/// Keeps the rows with the k best scores, best first.
struct LogicalRank {
  TablePtr table;
  std::string column;
  VectorMetric metric = VectorMetric::kCosine;
  ExprPtr query;  ///< A constant or a parameter, see QueryVector.
  ExprPtr limit;  ///< k = limit + offset; nullptr: kDefaultRankLimit
  ExprPtr offset;
  ColumnId score = 0;
};
/// GROUPING(...): a bit for each of `groups`, set where the row's grouping set does not have it; the last one is the
/// lowest.
struct GroupingCall {
  std::vector<size_t> groups;
  ColumnId output = 0;
};

/// Groups rows; without `groups` all rows are one group, which is there even when there are no rows.
struct LogicalAggregate {
  std::vector<AggregateCall> calls;
  std::vector<ComputedColumn> groups;
  /// GROUPING SETS: rows are grouped once for each set, by those of `groups` that it names; the others are NULL then.
  /// Empty: once, by all of them.
  std::vector<std::vector<size_t>> sets;
  std::vector<GroupingCall> grouping;
};

/// Adds the results of calls to all rows, which come out by partition and in their order.
struct LogicalWindow {
  std::vector<ColumnId> partition;
  std::vector<SortKey> order;
  std::vector<WindowCall> calls;
};

enum class JoinKind : uint8_t {
  kInner,
  kLeft,
  kRight,
  kFull,
  kSemi,    ///< Left rows for which some right row makes all conditions true.
  kAnti,    ///< Left rows for which none does.
  kSingle,  ///< As kLeft, but a left row with several partners is an error: a scalar subquery.
};

/// Left side: input, right side: right. A cross join is an inner one without conditions.
struct LogicalJoin {
  JoinKind kind = JoinKind::kInner;
  std::vector<ExprPtr> conditions;  ///< ANDed
  /// The right side refers to columns of the left one. kInner, kLeft.
  bool lateral = false;
};

/// Keeps the first row, in input order, of those that are equal (NULLs are equal) in the columns `on`.
struct LogicalDistinct {
  std::vector<ColumnId> on;
};

enum class SetKind : uint8_t { kUnion, kIntersect, kExcept };

/// outputs[i] is left[i] of the rows of input and right[i] of those of right; the types are equal.
struct LogicalSetOp {
  SetKind kind = SetKind::kUnion;
  bool all = false;
  std::vector<ColumnId> outputs, left, right;
};

/// Rows that the statement spells out.
struct LogicalValues {
  std::vector<ColumnId> outputs;
  std::vector<std::vector<ExprPtr>> rows;
};

/// Rows that a table function gives for arguments that are fixed, or outer references below a lateral join.
struct LogicalTableFunction {
  const TableFunction* function = nullptr;
  std::vector<ExprPtr> arguments;
  std::vector<ColumnId> outputs;
  std::optional<ColumnId> ordinality;  ///< WITH ORDINALITY: 1, 2, ...
};

/// For each input row the rows of its set-returning calls side by side, shorter ones filled up with NULL (SELECT
/// unnest(a), unnest(b)).
struct LogicalProjectSet {
  std::vector<LogicalTableFunction> calls;
  std::optional<ColumnId> ordinality;  ///< ROWS FROM (...) WITH ORDINALITY: counts the rows of the longest call.
};

/// Rows of LogicalPlan::ctes[cte], computed once a statement. outputs[i] is the column of this reference for
/// ctes[cte].outputs[i].
struct LogicalCteScan {
  size_t cte = 0;
  std::vector<ColumnId> outputs;
};

/// WITH RECURSIVE: rows of `input`, then of `right` again and again, until it gives no (new) row. LogicalWorkScan with
/// the same number reads the rows of the last round.
struct LogicalRecursion {
  uint32_t recursion = 0;
  bool all = false;  ///< UNION ALL; else equal rows are dropped.
  std::vector<ColumnId> outputs, left, right;
};
struct LogicalWorkScan {
  uint32_t recursion = 0;
  std::vector<ColumnId> outputs;
};

struct LogicalProject {
  std::vector<ComputedColumn> computed;
};
struct LogicalSort {
  std::vector<SortKey> keys;
};
struct LogicalLimit {
  ExprPtr limit;   ///< nullptr: no limit
  ExprPtr offset;  ///< nullptr: 0
  /// WITH TIES: rows that are equal to the last one in these columns come too.
  std::vector<ColumnId> ties;
};
/// Sort and limit in one.
struct LogicalTopN {
  std::vector<SortKey> keys;
  LogicalLimit limit;
};

struct LogicalNode;
using LogicalPtr = std::unique_ptr<LogicalNode>;
struct LogicalNode {
  std::variant<LogicalScan, LogicalOneRow, LogicalFilter, LogicalRank, LogicalAggregate, LogicalProject, LogicalSort,
               LogicalLimit, LogicalTopN, LogicalJoin, LogicalDistinct, LogicalSetOp, LogicalValues,
               LogicalTableFunction, LogicalProjectSet, LogicalCteScan, LogicalRecursion, LogicalWorkScan,
               LogicalWindow>
      body;
  LogicalPtr input;  ///< nullptr for leaves
  LogicalPtr right;  ///< Of joins, set operations and recursions.
};

/// What an expression of kind kSubquery asks of the rows of its query.
enum class SubqueryKind : uint8_t {
  kScalar,  ///< The one value of the one row, NULL without a row; Error for more rows.
  kExists,
  kAny,    ///< Whether `comparison` is true for some row; IN is = ANY.
  kAll,    ///< Whether `comparison` is true for every row.
  kArray,  ///< ARRAY(SELECT ...)
};

/// A query inside an expression (Expr::subquery is its place in LogicalPlan::subqueries). It may hold outer references;
/// without, it is run at most once a statement. Rules turn many of them into joins; those that stay are run when the
/// expression is computed for a row, so that CASE and AND spare them.
struct LogicalSubquery {
  SubqueryKind kind = SubqueryKind::kScalar;
  LogicalPtr root;
  std::vector<ColumnId> outputs;
  /// kAny and kAll: boolean, over `outputs` and columns of the enclosing query.
  ExprPtr comparison;
};

struct LogicalCte {
  std::string name;
  LogicalPtr root;
  std::vector<ColumnId> outputs;
  bool materialised = false;  ///< AS MATERIALIZED: never merged into the query that reads it.
};

inline constexpr int64_t kDefaultRankLimit = 10;

/// A parameter of the statement that a vector column is compared with, so that one plan serves all its values. It is
/// made a vector of the column's dimension when an execution begins (plan/query_vector.h).
struct QueryVector {
  TablePtr table;
  std::string column;
  uint32_t parameter = 0;
  /// The parameter that expressions name. It is `parameter` itself where that is a vector; else one of those that
  /// follow the statement's own, for a text is another vector to each model.
  uint32_t vector = 0;
  int position = 0;
};

struct OutputColumn {
  std::string name;
  ColumnId column = 0;
  /// Of a statement's own output: a literal without a type, which INSERT ... SELECT gives that of its column.
  bool literal = false;
};

/// A bound query: the columns it talks about, the tree over them, and what comes out.
struct LogicalPlan {
  std::vector<PlanColumn> columns;
  LogicalPtr root;
  std::vector<OutputColumn> output;
  std::vector<LogicalSubquery> subqueries;
  /// In the order in which they may refer to each other. A CTE that holds outer references is no CTE here: the binder
  /// binds it anew where it is named.
  std::vector<LogicalCte> ctes;
  uint32_t scans = 0;       ///< LogicalScan::scan of the next scan.
  uint32_t recursions = 0;  ///< Likewise.
  /// Of the statement, those of `query_vectors` not counted.
  size_t parameter_count = 0;
  std::vector<QueryVector> query_vectors;
  /// Holds for these parameter values only; not to be kept.
  bool depends_on_values = false;

  ColumnId AddColumn(PlanColumn column) {
    columns.push_back(std::move(column));
    return static_cast<ColumnId>(columns.size() - 1);
  }
};

// ---- The physical plan: how it is done. Immutable; executing it needs operators of its own. ----

/// Part of an index to walk. Bounds are fixed expressions, computed when the query starts. A NULL bound matches
/// nothing.
struct IndexAccess {
  struct Bound {
    ExprPtr value;
    bool inclusive = true;
  };
  size_t index = 0;             ///< In table->indexes.
  std::vector<ExprPtr> points;  ///< Equal to one of these; else a range:
  std::optional<Bound> lower;
  std::optional<Bound> upper;
  std::optional<std::string> text_prefix;
  bool only_nulls = false;

  bool whole() const { return points.empty() && !lower && !upper && !text_prefix && !only_nulls; }
};

/// How an index scan finds its rows.
struct IndexPath {
  std::vector<IndexAccess> any;        ///< The rows under any of these: one, or one for each side of an OR.
  std::vector<IndexAccess> narrowing;  ///< And under each of these too; asked where that is cheaper than reading rows.
  bool covering = false;               ///< The entries of the only access hold all that is read: no row is.
  /// Which of the scan's filters every row under the path meets, unless the index holds the value of its point cut.
  std::optional<size_t> implied;
};

struct TableScanPlan {
  TablePtr table;
  std::vector<ColumnId> columns;
  std::vector<ExprPtr> filters;
};
/// Rows under ranges of indexes in row-id order. Reads the whole table instead when they turn out to hold too many
/// rows.
struct IndexScanPlan {
  TablePtr table;
  IndexPath path;
  std::vector<ColumnId> columns;
  std::vector<ExprPtr> filters;
  /// With which a run guesses what its values find, for it may have others than the planner saw. May be absent.
  TableStatisticsPtr statistics;
};
/// What the entries of one index hold, in their order, without reading rows: the indexed field and the row id.
struct IndexOrderScanPlan {
  TablePtr table;
  IndexAccess access;
  bool descending = false;
  std::vector<ColumnId> columns;
  std::vector<ExprPtr> filters;
};
/// The first rows of an order that an index has. Gives up after too many rows, and at texts that the index holds cut;
/// then `fallback`, the second input, runs.
struct OrderedTopNPlan {
  TablePtr table;
  IndexAccess access;
  std::vector<ColumnId> columns;
  std::vector<ExprPtr> filters;
  std::vector<SortKey> keys;
  LogicalLimit limit;
};
struct IdLookupPlan {
  TablePtr table;
  std::vector<ExprPtr> ids;
  std::vector<ColumnId> columns;
  std::vector<ExprPtr> filters;
};
struct OneRowPlan {};
struct EmptyPlan {};
struct FilterPlan {
  std::vector<ExprPtr> conjuncts;
};
struct RankPlan {
  LogicalRank rank;
  ColumnId row_id = 0;            ///< Of the input, where there is one.
  std::vector<ColumnId> columns;  ///< Read for the rows that are kept.
};
/// The first rows by the distance of a vector column to a vector: of the rows of the input, or of the whole table
/// without one. Where an index cannot give the answer, as when rows without a vector belong to it, `fallback`, the
/// right side, runs: its layout has all columns of this node's, and maybe more.
struct NearestPlan {
  /// A condition on the distance that rows are ordered by: those after the bound do not come out.
  struct Bound {
    ExprPtr value;
    bool inclusive = true;
  };
  TablePtr table;
  std::string column;
  VectorMetric metric = VectorMetric::kCosine;
  ExprPtr query;          ///< Fixed while this runs.
  ColumnId distance = 0;  ///< offset + factor * score, where higher scores are nearer; rows come by falling score.
  double offset = 0;
  double factor = 1;
  bool nulls_first = false;  ///< Rows without a vector come before all others.
  LogicalLimit limit;
  std::vector<Bound> bounds;
  ColumnId row_id = 0;  ///< Of the input, where there is one.
};
/// Reads more fields of rows that came through a sort or limit.
struct FetchPlan {
  TablePtr table;
  ColumnId row_id = 0;
  std::vector<ColumnId> columns;
};
struct AggregatePlan {
  std::vector<AggregateCall> calls;
  std::vector<ComputedColumn> groups;
  std::vector<std::vector<size_t>> sets;
  std::vector<GroupingCall> grouping;
  /// Rows of one group come one after the other, so that a group is done when the next one begins. Without sets.
  bool ordered = false;
};
struct ProjectPlan {
  std::vector<ComputedColumn> computed;
};
struct SortPlan {
  std::vector<SortKey> keys;
};
struct TopNPlan {
  std::vector<SortKey> keys;
  LogicalLimit limit;
};
struct LimitPlan {
  LogicalLimit limit;
};

/// Compares every row of the left side with every row of the right one: the readable twin of the hash join, and the
/// only way where no condition is an equality.
struct NestedLoopJoinPlan {
  JoinKind kind = JoinKind::kInner;
  std::vector<ExprPtr> conditions;
};
/// left_keys[i] = right_keys[i] for all i, and the conditions besides. The types of the two are the same.
struct HashJoinPlan {
  JoinKind kind = JoinKind::kInner;
  std::vector<ExprPtr> left_keys, right_keys;
  std::vector<ExprPtr> conditions;
  /// kAnti of NOT IN: a pair also matches where a key of either side is NULL, for then the two may be equal.
  bool nulls_match = false;
};
/// left_key = right_key, and the conditions besides, where both sides come in ascending order of their key, NULLs last.
/// kInner, kLeft, kSemi, kAnti.
struct MergeJoinPlan {
  JoinKind kind = JoinKind::kInner;
  ColumnId left_key = 0, right_key = 0;
  std::vector<ExprPtr> conditions;
};
/// For each left row the right rows that an index, or their id, gives for `key`; they are checked again. kInner, kLeft,
/// kSingle, kSemi, kAnti.
struct IndexJoinPlan {
  JoinKind kind = JoinKind::kInner;
  TablePtr table;
  std::optional<size_t> index;  ///< In table->indexes; nullopt: the id.
  ExprPtr key;                  ///< Over the left side.
  std::vector<ColumnId> columns;
  std::vector<ExprPtr> filters;     ///< Over right rows alone.
  std::vector<ExprPtr> conditions;  ///< The equality included.
};
/// Runs the right side anew for each row of the left one, whose columns `given` it refers to. Conditions as in a join.
struct LateralJoinPlan {
  JoinKind kind = JoinKind::kInner;
  std::vector<ExprPtr> conditions;
  std::vector<ColumnId> given;
};
struct DistinctPlan {
  std::vector<ColumnId> on;
};
struct SetOpPlan {
  SetKind kind = SetKind::kUnion;
  bool all = false;
  std::vector<ColumnId> left, right;
};
struct ValuesPlan {
  std::vector<std::vector<ExprPtr>> rows;
};
struct TableFunctionPlan {
  LogicalTableFunction call;
};
struct ProjectSetPlan {
  std::vector<LogicalTableFunction> calls;
  std::optional<ColumnId> ordinality;
};
struct CteScanPlan {
  size_t cte = 0;
  std::vector<ColumnId> columns;  ///< Of the CTE, one for each of the layout.
};
struct RecursionPlan {
  uint32_t recursion = 0;
  bool all = false;
  std::vector<ColumnId> left, right;
};
struct WorkScanPlan {
  uint32_t recursion = 0;
};

struct WindowPlan {
  LogicalWindow window;
};

struct PhysicalNode;
using PhysicalPtr = std::unique_ptr<const PhysicalNode>;
struct PhysicalNode {
  std::variant<TableScanPlan, IndexScanPlan, IndexOrderScanPlan, OrderedTopNPlan, IdLookupPlan, OneRowPlan, EmptyPlan,
               FilterPlan, RankPlan, NearestPlan, FetchPlan, AggregatePlan, ProjectPlan, SortPlan, TopNPlan, LimitPlan,
               NestedLoopJoinPlan, HashJoinPlan, MergeJoinPlan, IndexJoinPlan, LateralJoinPlan, DistinctPlan, SetOpPlan,
               ValuesPlan, TableFunctionPlan, ProjectSetPlan, CteScanPlan, RecursionPlan, WorkScanPlan, WindowPlan>
      body;
  PhysicalPtr input;
  PhysicalPtr right;  ///< Of joins, set operations, recursions and NearestPlan.
  /// Columns that rows of this node have, in the order of its batches.
  std::vector<ColumnId> layout;
  /// About how many rows come out; negative where nobody estimated it.
  double estimated_rows = -1;
};

struct PhysicalSubquery {
  SubqueryKind kind = SubqueryKind::kScalar;
  PhysicalPtr root;
  std::vector<ColumnId> outputs;
  ExprPtr comparison;
  /// Outer references of `root`, and those of `comparison` besides.
  std::vector<ColumnId> given, compared;
  /// kAny of equality with rows that do not depend on the enclosing query: `probe`, over that query, is looked for
  /// among the values of `build`, over the rows. nullptr: rows are compared one by one.
  ExprPtr probe, build;
};
struct PhysicalCte {
  std::string name;
  PhysicalPtr root;
  std::vector<ColumnId> outputs;
};

/// A table as a plan found it.
struct PlannedTable {
  std::shared_ptr<const TableCounters> counters;
  int64_t live_rows = 0;
};

struct PhysicalPlan {
  std::vector<PlanColumn> columns;
  std::vector<PhysicalSubquery> subqueries;
  std::vector<PhysicalCte> ctes;
  PhysicalPtr root;
  std::vector<OutputColumn> output;
  uint64_t catalog_version = 0;
  std::vector<PlannedTable> tables;
  size_t parameter_count = 0;
  std::vector<QueryVector> query_vectors;
  bool depends_on_values = false;
};

/// Computes a fixed expression; what the planner may ask of the executor.
using FixedEvaluator = std::function<Value(const Expr&)>;

/// A plan as indented text, one operator a line.
std::string FormatPlan(const PhysicalPlan& plan);
std::string FormatExpr(const Expr& expr, const std::vector<PlanColumn>& columns);

}  // namespace rem::sql

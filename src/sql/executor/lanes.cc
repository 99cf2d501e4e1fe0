#include "sql/executor/lanes.h"

#include <algorithm>

#include "sql/executor/parallel_run.h"
#include "store/column_block.h"

namespace rem::sql {

bool IsForLanes(const Expr& expr) {
  if (expr.kind == ExprKind::kSubquery) return false;
  if (expr.kind == ExprKind::kCall && expr.function->volatility == Volatility::kVolatile) return false;
  return std::ranges::all_of(expr.arguments, [](const ExprPtr& argument) { return IsForLanes(*argument); });
}

namespace {

constexpr uint64_t kMostRowsPerRange = 16'384;
/// Enough ranges that a lane whose thread was late or slow leaves its share to the others.
constexpr uint64_t kRangesPerLane = 8;

uint64_t RowsPerRange(RowId end, size_t lanes, size_t rows_per_lane) {
  const uint64_t rows = std::clamp<uint64_t>(end / (lanes * kRangesPerLane), 1, kMostRowsPerRange);
  // Whole blocks of the column cache, where a lane is to have that many rows.
  if (rows_per_lane < kColumnBlockRows) return rows;
  return (rows + kColumnBlockRows - 1) / kColumnBlockRows * kColumnBlockRows;
}

bool Splits(const std::vector<ExprPtr>& exprs) {
  return std::ranges::all_of(exprs, [](const ExprPtr& expr) { return IsForLanes(*expr); });
}

// The scan at the bottom of a chain of operators that treat every row by itself; nullptr where it is no such chain.
const PhysicalNode* ScanBelow(const PhysicalNode& node) {
  if (const auto* scan = std::get_if<TableScanPlan>(&node.body)) return Splits(scan->filters) ? &node : nullptr;
  if (const auto* scan = std::get_if<IndexScanPlan>(&node.body)) return Splits(scan->filters) ? &node : nullptr;
  if (const auto* filter = std::get_if<FilterPlan>(&node.body))
    return Splits(filter->conjuncts) ? ScanBelow(*node.input) : nullptr;
  if (const auto* project = std::get_if<ProjectPlan>(&node.body)) {
    const bool splits =
        std::ranges::all_of(project->computed, [](const ComputedColumn& column) { return IsForLanes(*column.expr); });
    return splits ? ScanBelow(*node.input) : nullptr;
  }
  if (const auto* join = std::get_if<HashJoinPlan>(&node.body)) {
    // The kinds that ask, at the end, which right rows had no partner need one thread to know.
    const bool by_left = join->kind != JoinKind::kRight && join->kind != JoinKind::kFull;
    return by_left && Splits(join->left_keys) && Splits(join->conditions) ? ScanBelow(*node.input) : nullptr;
  }
  if (const auto* join = std::get_if<IndexJoinPlan>(&node.body)) {
    const bool splits = IsForLanes(*join->key) && Splits(join->filters) && Splits(join->conditions);
    return splits ? ScanBelow(*node.input) : nullptr;
  }
  return nullptr;
}

}  // namespace

bool RowRanges::Take(Range& range) {
  const uint64_t number = next_.fetch_add(1, std::memory_order_relaxed);
  if (number >= (end_ + rows_ - 1) / rows_) return false;
  range = {number * rows_, std::min(end_, (number + 1) * rows_), number};
  return true;
}

struct Lanes::Copy {
  Lane lane;
  ExecContext context;
  OperatorPtr input;
};

std::unique_ptr<Lanes> Lanes::Make(const ExecContext& context, const PhysicalNode& node) {
  if (context.pool == nullptr || context.threads < 2 || context.lane != nullptr) return nullptr;
  const PhysicalNode* scan = ScanBelow(node);
  if (scan == nullptr) return nullptr;
  const auto* index = std::get_if<IndexScanPlan>(&scan->body);
  const Table& table = index != nullptr ? *index->table : *std::get<TableScanPlan>(scan->body).table;
  const TableCounters& counters = *table.counters;
  const auto rows = static_cast<uint64_t>(std::max<int64_t>(counters.live_rows.load(), 0));
  const size_t lanes = std::min<uint64_t>(context.threads, rows / std::max<size_t>(context.rows_per_lane, 1));
  if (lanes < 2 || (index != nullptr && !ReadsWholeTable(context, *index))) return nullptr;
  return std::unique_ptr<Lanes>(new Lanes(context, node, *scan, lanes, counters.next_row.load()));
}

Lanes::Lanes(const ExecContext& context, const PhysicalNode& node, const PhysicalNode& scan, size_t lanes, RowId end)
    : pool_(*context.pool), ranges_(end, RowsPerRange(end, lanes, context.rows_per_lane)) {
  BuildJoins(context, node);
  for (size_t i = 0; i < lanes; ++i) {
    auto copy = std::make_unique<Copy>();
    copy->lane = {&scan, &ranges_, &joins_};
    copy->context = context;
    copy->context.lane = &copy->lane;
    copy->input = BuildOperators(copy->context, node);
    lanes_.push_back(std::move(copy));
  }
}

// From the scan upwards, as one thread would.
void Lanes::BuildJoins(const ExecContext& context, const PhysicalNode& node) {
  if (node.input != nullptr) BuildJoins(context, *node.input);
  if (std::holds_alternative<HashJoinPlan>(node.body)) joins_.emplace(&node, BuildHashTable(context, node));
}

Lanes::~Lanes() = default;

const ExecContext& Lanes::context(size_t lane) const { return lanes_[lane]->context; }

void Lanes::Run(const std::function<void(size_t, Operator&, const Lane&)>& work) {
  RunCopies(pool_, lanes_.size(), [&](size_t i) {
    try {
      work(i, *lanes_[i]->input, lanes_[i]->lane);
    } catch (...) {
      ranges_.Stop();
      throw;
    }
  });
}

}  // namespace rem::sql

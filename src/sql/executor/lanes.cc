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

}  // namespace

const PhysicalNode* ScanBelow(const PhysicalNode& node, bool ends_with_rows) {
  if (const auto* scan = std::get_if<TableScanPlan>(&node.body)) return Splits(scan->filters) ? &node : nullptr;
  if (const auto* scan = std::get_if<IndexScanPlan>(&node.body)) return Splits(scan->filters) ? &node : nullptr;
  if (const auto* filter = std::get_if<FilterPlan>(&node.body))
    return Splits(filter->conjuncts) ? ScanBelow(*node.input, ends_with_rows) : nullptr;
  if (const auto* project = std::get_if<ProjectPlan>(&node.body)) {
    const bool splits =
        std::ranges::all_of(project->computed, [](const ComputedColumn& column) { return IsForLanes(*column.expr); });
    return splits ? ScanBelow(*node.input, ends_with_rows) : nullptr;
  }
  if (const auto* join = std::get_if<HashJoinPlan>(&node.body)) {
    // The kinds that give rows at the end, those without a partner, do so in the lane that ends last. Rows of two such
    // joins would come in an order that is not always the same.
    const bool by_left = join->kind != JoinKind::kRight && join->kind != JoinKind::kFull;
    const bool splits = (by_left || !ends_with_rows) && Splits(join->left_keys) && Splits(join->conditions);
    return splits ? ScanBelow(*node.input, ends_with_rows || !by_left) : nullptr;
  }
  if (const auto* join = std::get_if<IndexJoinPlan>(&node.body)) {
    const bool splits = IsForLanes(*join->key) && Splits(join->filters) && Splits(join->conditions);
    return splits ? ScanBelow(*node.input, ends_with_rows) : nullptr;
  }
  return nullptr;
}

bool Lanes::Ranges::Take(Range& range) {
  const uint64_t number = next_.fetch_add(1, std::memory_order_relaxed);
  range.number = share_.ranges();
  if (number >= share_.ranges()) return false;
  range = share_.range(number);
  return true;
}

struct Lanes::Copy {
  Lane lane;
  ExecContext context;
  OperatorPtr input;
};

std::optional<LaneShare> ShareOf(const ExecContext& context, const PhysicalNode& node) {
  if (context.pool == nullptr || context.threads < 2 || context.lane != nullptr) return {};
  LaneShare share;
  share.scan = ScanBelow(node);
  if (share.scan == nullptr) return {};
  const auto* index = std::get_if<IndexScanPlan>(&share.scan->body);
  const Table& table = index != nullptr ? *index->table : *std::get<TableScanPlan>(share.scan->body).table;
  const TableCounters& counters = *table.counters;
  const auto rows = static_cast<uint64_t>(std::max<int64_t>(counters.live_rows.load(), 0));
  share.lanes = std::min<uint64_t>(context.threads, rows / std::max<size_t>(context.rows_per_lane, 1));
  if (share.lanes < 2 || (index != nullptr && !ReadsWholeTable(context, *index))) return {};
  share.end = counters.next_row.load();
  share.rows_per_range = RowsPerRange(share.end, share.lanes, context.rows_per_lane);
  return share;
}

// From the scan upwards, as one thread would.
void BuildJoins(const ExecContext& context, const PhysicalNode& node,
                std::map<const PhysicalNode*, OperatorPtr>& joins) {
  if (node.input != nullptr) BuildJoins(context, *node.input, joins);
  if (std::holds_alternative<HashJoinPlan>(node.body)) joins.emplace(&node, BuildHashTable(context, node));
}

std::unique_ptr<Lanes> Lanes::Make(const ExecContext& context, const PhysicalNode& node) {
  const auto share = ShareOf(context, node);
  return share ? std::unique_ptr<Lanes>(new Lanes(context, node, *share)) : nullptr;
}

Lanes::Lanes(const ExecContext& context, const PhysicalNode& node, const LaneShare& share)
    : pool_(*context.pool), ranges_(share) {
  BuildJoins(context, node, joins_);
  for (size_t i = 0; i < share.lanes; ++i) {
    auto copy = std::make_unique<Copy>();
    copy->lane = {share.scan, &ranges_, &joins_};
    copy->context = context;
    copy->context.lane = &copy->lane;
    copy->input = BuildOperators(copy->context, node);
    lanes_.push_back(std::move(copy));
  }
}

Lanes::~Lanes() = default;

const ExecContext& Lanes::context(size_t lane) const { return lanes_[lane]->context; }

void Lanes::Run(const std::function<void(size_t, Operator&, const Lane&)>& work) {
  std::vector<uint8_t> begun(lanes_.size(), 0);
  RunCopies(pool_, lanes_.size(), [&](size_t i) {
    begun[i] = 1;
    try {
      work(i, *lanes_[i]->input, lanes_[i]->lane);
    } catch (...) {
      ranges_.Stop();
      throw;
    }
  });
  // Nothing is left for these, but they too have to say that they ended.
  for (size_t i = 0; i < lanes_.size(); ++i)
    if (begun[i] == 0) work(i, *lanes_[i]->input, lanes_[i]->lane);
}

}  // namespace rem::sql

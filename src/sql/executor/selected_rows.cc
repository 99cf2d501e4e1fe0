#include "sql/executor/selected_rows.h"

#include <algorithm>
#include <bit>
#include <string>

#include "sql/plan/function.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// A condition with larger constants, or more of them, is not kept.
constexpr size_t kMostKeyBytes = 4096;

/// Writes conditions with the values that they have in this execution, so that different conditions differ: every part
/// has a length, or one that its kind fixes.
class KeyWriter {
 public:
  KeyWriter(const ExecContext& context, uint32_t scan) : context_(context), scan_(scan) {}

  /// False for what is not to be kept: it asks more than the row, or changes from one execution to the next.
  bool Add(const Expr& expr) {
    Number(static_cast<uint64_t>(expr.kind) << 16 | static_cast<uint64_t>(expr.type) << 8 |
           static_cast<uint64_t>(expr.dynamic));
    switch (expr.kind) {
      case ExprKind::kConstant:
        return Add(expr.value);
      case ExprKind::kParameter:
        return Add(context_.Evaluate(expr));
      case ExprKind::kColumn:
        return Add(context_.column(expr.column));
      case ExprKind::kSubquery:
        return false;
      case ExprKind::kCall:
        if (expr.function->volatility != Volatility::kImmutable) return false;
        // Functions are made once and stay where they are.
        Number(reinterpret_cast<uintptr_t>(expr.function));
        break;
      case ExprKind::kAnd:
      case ExprKind::kOr:
      case ExprKind::kCase:
      case ExprKind::kCoalesce:
      case ExprKind::kIn:
        break;
    }
    return Add(expr.arguments);
  }
  bool Add(const std::vector<ExprPtr>& exprs) {
    Number(exprs.size());
    return std::ranges::all_of(exprs, [&](const ExprPtr& expr) { return Add(*expr); });
  }
  std::string Take() { return std::move(key_); }

 private:
  void Number(uint64_t number) { key_.append(reinterpret_cast<const char*>(&number), sizeof(number)); }
  void Text(std::string_view text) {
    Number(text.size());
    key_.append(text);
  }

  // A value of the row itself: those of other rows stand for it in a lateral join, and vectors are stored elsewhere.
  bool Add(const PlanColumn& column) {
    if (column.scan != scan_ || column.source == ColumnSource::kComputed || column.source == ColumnSource::kVector)
      return false;
    Number(static_cast<uint64_t>(column.source) << 16 | static_cast<uint64_t>(column.type) << 8 |
           static_cast<uint64_t>(column.dynamic));
    Number(column.path.size());
    for (const std::string& step : column.path) Text(step);
    return true;
  }

  bool Add(const Value& value) {
    Number(static_cast<uint64_t>(value.type()));
    switch (value.type()) {
      case kNull:
        return true;
      case kBool:
        Number(value.AsBool() ? 1 : 0);
        return true;
      case kInt:
      case kSmallInt:
      case kInteger:
      case kTimestamp:
      case kLocalTimestamp:
      case kDate:
      case kTime:
        Number(static_cast<uint64_t>(value.raw_int()));
        return true;
      case kDouble:
      case kReal:
        Number(std::bit_cast<uint64_t>(value.AsDouble()));
        return true;
      case kText:
      case kNumeric:
      case kBytea:
        Text(value.raw_text());
        return key_.size() <= kMostKeyBytes;
      case kUuid:
        Text(value.AsUuid().ToString());
        return true;
      default:
        return false;
    }
  }

  const ExecContext& context_;
  const uint32_t scan_;
  std::string key_;
};

std::vector<RowId> TakeRowIds(Operator& input, const PhysicalNode& node, ColumnId row_id) {
  std::vector<RowId> rows;
  const size_t place = static_cast<size_t>(std::ranges::find(node.layout, row_id) - node.layout.begin());
  while (const ColumnBatch* batch = input.Next()) {
    const int64_t* ids = batch->columns[place]->data<int64_t>();
    for (size_t i = 0; i < batch->count(); ++i)
      rows.push_back(static_cast<RowId>(ids[batch->row(i) & batch->columns[place]->row_mask()]));
  }
  if (!std::ranges::is_sorted(rows)) std::ranges::sort(rows);
  return rows;
}

struct Condition {
  const Table* table = nullptr;
  std::string key;
};

Condition ConditionOf(const ExecContext& context, const PhysicalNode& node, ColumnId row_id) {
  const auto of = [&](const auto& scan) -> Condition {
    KeyWriter writer(context, context.column(row_id).scan);
    if (!writer.Add(scan.filters)) return {};
    std::string key = writer.Take();
    return key.size() > kMostKeyBytes ? Condition{} : Condition{scan.table.get(), std::move(key)};
  };
  if (const auto* scan = std::get_if<TableScanPlan>(&node.body)) return of(*scan);
  if (const auto* scan = std::get_if<IndexScanPlan>(&node.body)) return of(*scan);
  return {};
}

}  // namespace

Selection SelectRows(const ExecContext& context, Operator& input, const PhysicalNode& node, ColumnId row_id) {
  const Condition condition = ConditionOf(context, *node.input, row_id);
  const auto cache = condition.table == nullptr ? nullptr : context.view->Columns(*condition.table);
  if (cache != nullptr) {
    if (Selection known = cache->FindSelection(condition.key, context.view->moment())) {
      context.Note(node, "rows known from before", known->size());
      return known;
    }
  }
  auto rows = std::make_shared<const std::vector<RowId>>(TakeRowIds(input, *node.input, row_id));
  if (cache != nullptr) cache->PutSelection(condition.key, context.view->moment(), rows);
  return rows;
}

}  // namespace rem::sql

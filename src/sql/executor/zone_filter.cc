#include "sql/executor/zone_filter.h"

#include <algorithm>
#include <cmath>

#include <rem/error.h>

#include "sql/plan/function.h"

namespace rem::sql {

namespace {

bool IsFixedHere(const Expr& expr, std::span<const ColumnId> columns) {
  if (expr.kind == ExprKind::kSubquery) return false;
  if (expr.kind == ExprKind::kCall && expr.function->volatility == Volatility::kVolatile) return false;
  if (expr.kind == ExprKind::kColumn && std::ranges::find(columns, expr.column) != columns.end()) return false;
  return std::ranges::all_of(expr.arguments, [&](const ExprPtr& argument) { return IsFixedHere(*argument, columns); });
}

// An integer, or what a date or time is held as.
int64_t CellOfValue(const Value& value) {
  Column cell(value.type());
  cell.SetConstant(value);
  return cell.data<int64_t>()[0];
}

bool IsZoned(LogicalType type) {
  const CellKind kind = CellKindOf(type);
  return kind == CellKind::kInt64 || type == LogicalType::kDouble;
}

}  // namespace

ZoneFilter::ZoneFilter(const ExecContext& context, const std::vector<ExprPtr>& conjuncts,
                       std::span<const ColumnId> columns) {
  for (const ExprPtr& conjunct : conjuncts) Add(context, *conjunct, columns);
}

void ZoneFilter::Add(const ExecContext& context, const Expr& conjunct, std::span<const ColumnId> columns) {
  const bool list = conjunct.kind == ExprKind::kIn;
  if (!list && (conjunct.kind != ExprKind::kCall || conjunct.arguments.size() != 2)) return;
  std::string_view sign = list ? "=" : conjunct.function->name;
  if (sign != "=" && sign != "<" && sign != "<=" && sign != ">" && sign != ">=") return;
  const auto own = [&](const Expr& expr) {
    const auto found = std::ranges::find(columns, expr.column);
    const bool is = expr.kind == ExprKind::kColumn && !expr.dynamic && IsZoned(expr.type) && found != columns.end();
    return is ? static_cast<size_t>(found - columns.begin()) : columns.size();
  };
  size_t column = own(*conjunct.arguments[0]);
  const bool swapped = !list && column == columns.size();
  if (swapped) column = own(*conjunct.arguments[1]);
  if (column == columns.size()) return;
  // Values at or above the least one, and at or below the greatest one.
  const bool low = sign == "=" || (sign[0] == '>') != swapped;
  const bool high = sign == "=" || (sign[0] == '<') != swapped;
  const LogicalType type = conjunct.arguments[swapped ? 1 : 0]->type;
  Condition condition;
  condition.column = column;
  condition.is_double = type == LogicalType::kDouble;
  try {
    for (size_t i = swapped ? 0 : 1; i < (swapped ? 1 : conjunct.arguments.size()); ++i) {
      const Expr& argument = *conjunct.arguments[i];
      if (!IsFixedHere(argument, columns) || !Narrow(condition, type, context.Evaluate(argument), low, high)) return;
    }
  } catch (const Error&) {
    return;  // What fails does so for the first row that needs it.
  }
  conditions_.push_back(condition);
}

// Widens the condition so that it lets what compares with this value through. False where the value says nothing.
bool ZoneFilter::Narrow(Condition& condition, LogicalType type, const Value& value, bool low, bool high) {
  if (value.IsNull()) return true;  // Equals nothing.
  if (value.type() != type && !(IsInteger(value.type()) && IsInteger(type))) return false;
  if (condition.is_double) {
    const double number = value.AsDouble();
    if (std::isnan(number)) return false;
    condition.low_number = condition.has_low ? std::min(condition.low_number, number) : number;
    condition.high_number = condition.has_high ? std::max(condition.high_number, number) : number;
  } else {
    const int64_t number = CellOfValue(value);
    condition.low = condition.has_low ? std::min(condition.low, number) : number;
    condition.high = condition.has_high ? std::max(condition.high, number) : number;
  }
  condition.has_low |= low;
  condition.has_high |= high;
  return true;
}

bool ZoneFilter::MayMatch(const Condition& condition, const ColumnZone& zone) {
  if (zone.kind == ColumnZone::Kind::kUnknown) return true;
  if (zone.kind == ColumnZone::Kind::kNulls) return false;
  if (condition.is_double != (zone.kind == ColumnZone::Kind::kDoubles)) return true;
  if (condition.is_double) {
    return (!condition.has_low || zone.greatest.number >= condition.low_number) &&
           (!condition.has_high || zone.least.number <= condition.high_number);
  }
  return (!condition.has_low || zone.greatest.integer >= condition.low) &&
         (!condition.has_high || zone.least.integer <= condition.high);
}

}  // namespace rem::sql

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/table_call_binder.h"
#include "sql/binder/window_functions.h"
#include "sql/plan/aggregate_function.h"
#include "types/cast.h"

namespace rem::sql {

// Calls with OVER: a part of ExpressionBinder.

namespace {

using enum LogicalType;

[[noreturn]] void ThrowWindow(std::string message, std::string hint, int position) {
  throw Error(ErrorCode::kSyntax, std::move(message), std::move(hint)).WithSqlState("42P20").WithPosition(position);
}

[[noreturn]] void ThrowNotImplemented(std::string_view what, std::string hint, int position) {
  throw Error(ErrorCode::kNotSupported, fmt::format("not supported: {}", what), std::move(hint)).WithPosition(position);
}

std::string_view ModeName(ast::FrameMode mode) {
  return mode == ast::FrameMode::kRows ? "ROWS" : mode == ast::FrameMode::kGroups ? "GROUPS" : "RANGE";
}

// OVER (base ORDER BY ...): the base gives what the window may not say itself.
void CheckExtension(const WindowSpec& base, const ast::Window& window) {
  if (!window.partition_by.empty()) {
    ThrowWindow(fmt::format("cannot override PARTITION BY clause of window \"{}\"", window.base),
                "write the window in full", window.position);
  }
  if (!window.order_by.empty() && !base.order.empty()) {
    ThrowWindow(fmt::format("cannot override ORDER BY clause of window \"{}\"", window.base),
                "write the window in full", window.position);
  }
  if (base.frame != nullptr) {
    ThrowWindow(fmt::format("cannot copy window \"{}\" because it has a frame clause", window.base),
                "Omit the parentheses in this OVER clause.", window.position);
  }
}

bool HoldsColumn(const Expr& expr) {
  std::vector<ColumnId> columns;
  CollectColumns(expr, columns);
  return !columns.empty();
}

void CheckOrderable(const Expr& expr, std::string_view clause) {
  if (expr.type != kVector) return;
  throw Error(ErrorCode::kTypeMismatch, fmt::format("vectors cannot stand in {} of a window", clause),
              "use another column")
      .WithPosition(expr.position);
}

/// The type in which RANGE adds an offset to a value of type `key`, and the one that the offset must have; nullopt
/// where there is none. Wider types than the value's, so that nothing overflows.
struct RangeTypes {
  std::string_view value;
  LogicalType offset;
};
std::optional<RangeTypes> RangeTypesOf(LogicalType key) {
  if (IsInteger(key)) return RangeTypes{"numeric", kInt};
  switch (key) {
    case kNumeric:
      return RangeTypes{"numeric", kNumeric};
    case kReal:
    case kDouble:
      return RangeTypes{"float8", kDouble};
    case kDate:
    case kLocalTimestamp:
      return RangeTypes{"timestamp", kInterval};
    case kTimestamp:
      return RangeTypes{"timestamptz", kInterval};
    case kTime:
    case kInterval:
      return RangeTypes{"interval", kInterval};
    default:
      return std::nullopt;
  }
}

}  // namespace

const WindowSpec& ExpressionBinder::FindWindow(const std::string& name, int position) const {
  const auto found = std::ranges::find(named_windows_, name, &WindowSpec::name);
  if (found != named_windows_.end()) return *found;
  throw Error(ErrorCode::kNotFound, fmt::format("window \"{}\" does not exist", name), "define it in WINDOW")
      .WithSqlState("42704")
      .WithPosition(position);
}

void ExpressionBinder::BindNamedWindows(const std::vector<ast::Window>& windows) {
  for (const ast::Window& window : windows) {
    if (std::ranges::find(named_windows_, window.name, &WindowSpec::name) != named_windows_.end())
      ThrowWindow(fmt::format("window \"{}\" is already defined", window.name), "rename one of them", window.position);
    WindowSpec spec = BindWindowSpec(window);
    spec.name = window.name;
    named_windows_.push_back(std::move(spec));
  }
}

WindowSpec ExpressionBinder::BindWindowSpec(const ast::Window& window) {
  const bool outer = std::exchange(inside_window_, true);
  const size_t sets = sets_seen_;
  WindowSpec spec;
  if (!window.base.empty()) {
    spec = FindWindow(window.base, window.position);
    CheckExtension(spec, window);
  }
  for (const ast::ExprPtr& expr : window.partition_by) {
    spec.partition.push_back(Settle(Bind(*expr)));
    CheckOrderable(*spec.partition.back(), "PARTITION BY");
  }
  for (const ast::SortItem& item : window.order_by) {
    const bool first = item.nulls == ast::NullOrder::kDefault ? item.descending : item.nulls == ast::NullOrder::kFirst;
    spec.order.push_back({Settle(Bind(*item.expr)), item.descending, first});
    CheckOrderable(*spec.order.back().expr, "ORDER BY");
  }
  CheckNoSets(sets, "window definitions", window.position);
  spec.frame = window.framed ? &window : nullptr;
  inside_window_ = outer;
  return spec;
}

ExprPtr ExpressionBinder::BindWindowCall(const ast::Expr& expr) {
  if (inside_aggregate_) {
    throw Error(ErrorCode::kGrouping, "aggregate function calls cannot contain window function calls",
                "compute the window in a subquery in FROM")
        .WithPosition(expr.position);
  }
  if (inside_window_)
    ThrowWindow("window function calls cannot be nested", "compute the inner one in a subquery in FROM", expr.position);
  if (!windows_forbidden_in_.empty()) {
    ThrowWindow(fmt::format("window functions are not allowed in {}", windows_forbidden_in_),
                "compute them in a subquery in FROM", expr.position);
  }
  const ast::Call& call = *expr.call;
  const std::string& name = expr.parts.back().text;
  if (call.distinct)
    ThrowNotImplemented("DISTINCT in a window function", "number equal values with row_number() first", expr.position);
  if (call.within_group || !call.order_by.empty())
    ThrowNotImplemented("ORDER BY inside a window function", "order the window itself", expr.position);
  BoundWindow window;
  window.call.position = expr.position;
  const bool named = !call.over->name.empty();
  window.spec = named ? FindWindow(call.over->name, call.over->position) : BindWindowSpec(*call.over);
  const size_t sets = sets_seen_;
  inside_window_ = true;
  const bool aggregate = expr.parts.size() == 1 && !FindAggregates(name).empty();
  const LogicalType type = aggregate ? BindWindowAggregate(expr, window) : BindWindowFunction(expr, window);
  inside_window_ = false;
  CheckNoSets(sets, "window function calls", expr.position);
  BindFrame(window);
  const bool keeps = !window.arguments.empty() && window.arguments[0]->type == type;
  const bool dynamic = keeps && window.arguments[0]->dynamic;
  window.call.output = plan_.AddColumn({name, type, ColumnSource::kComputed, dynamic, {}});
  windows_.push_back(std::move(window));
  return MakeColumn(windows_.back().call.output, type, dynamic, expr.position);
}

LogicalType ExpressionBinder::BindWindowAggregate(const ast::Expr& expr, BoundWindow& window) {
  AggregateCall call;
  const LogicalType type = BindAggregateCall(expr, call);
  if (call.function->within_group)
    ThrowNotImplemented(fmt::format("OVER of the ordered-set aggregate {}", call.function->name),
                        "group by what the window is partitioned by", expr.position);
  window.call.aggregate = call.function;
  window.arguments = std::move(call.arguments);
  window.filter = std::move(call.filter);
  return type;
}

LogicalType ExpressionBinder::BindWindowFunction(const ast::Expr& expr, BoundWindow& window) {
  const std::string& name = expr.parts.back().text;
  const std::span<const Function> signatures =
      expr.parts.size() == 1 ? FindWindowFunctions(name) : std::span<const Function>();
  if (signatures.empty()) {
    throw Error(ErrorCode::kFunctionNotFound,
                fmt::format("OVER specified, but {} is not a window function nor an aggregate function", name),
                "leave out OVER")
        .WithSqlState(FindFunctions(name).empty() && !IsTableFunction(expr) ? "42883" : "42809")
        .WithPosition(expr.position);
  }
  if (expr.call->filter != nullptr)
    ThrowNotImplemented("FILTER of a window function that is no aggregate", "test the condition with CASE",
                        expr.position);
  std::vector<ExprPtr> arguments;
  for (const auto& argument : expr.arguments) arguments.push_back(Bind(*argument));
  const auto chosen = expr.star ? std::nullopt : ChooseOverload(signatures, arguments);
  if (!chosen) {
    std::string types;
    for (const ExprPtr& argument : arguments) types += (types.empty() ? "" : ", ") + std::string(TypeNameOf(*argument));
    throw Error(ErrorCode::kFunctionNotFound, fmt::format("function {}({}) does not exist", name, types),
                "cast the arguments, for example to integer")
        .WithSqlState("42883")
        .WithPosition(expr.position);
  }
  const Function& signature = signatures[chosen->index];
  window.call.function = WindowFunctionOf(signature);
  window.arguments = std::move(arguments);
  return signature.result == kAnyElement ? chosen->element : signature.result;
}

FrameBound ExpressionBinder::BindFrameBound(const ast::FrameBound& bound, ast::FrameMode mode) {
  FrameBound out;
  out.kind = static_cast<FrameBoundKind>(bound.kind);
  if (bound.offset == nullptr) return out;
  out.offset = Bind(*bound.offset);
  const std::string what = fmt::format("argument of {}", ModeName(mode));
  if (!IsFixed(*out.offset)) {
    throw Error(ErrorCode::kInvalidColumnReference, fmt::format("{} must not contain variables", what),
                "write a number")
        .WithSqlState(HoldsColumn(*out.offset) ? "42P10" : "0A000")
        .WithPosition(bound.offset->position);
  }
  if (mode == ast::FrameMode::kRange) return out;
  const bool assigned = !out.offset->unknown && CastLevelOf(out.offset->type, kInt) >= CastLevel::kAssignment;
  out.offset = assigned ? ResolveCast(out.offset, "int8", bound.offset->position) : Require(out.offset, kInt, what);
  return out;
}

void ExpressionBinder::BindFrame(BoundWindow& window) {
  const ast::Window* written = window.spec.frame;
  if (written == nullptr) return;
  WindowFrame& frame = window.call.frame;
  frame.mode = written->mode == ast::FrameMode::kRows     ? FrameMode::kRows
               : written->mode == ast::FrameMode::kGroups ? FrameMode::kGroups
                                                          : FrameMode::kRange;
  frame.exclusion = static_cast<FrameExclusion>(written->exclusion);
  if (frame.mode == FrameMode::kGroups && window.spec.order.empty())
    ThrowWindow("GROUPS mode requires an ORDER BY clause", "order the window", written->position);
  frame.start = BindFrameBound(written->start, written->mode);
  frame.end = BindFrameBound(written->end, written->mode);
  if (frame.has_reach()) BindRange(window, written->position);
}

// The order's value of each row, and the values that its frame reaches to, are computed beforehand.
void ExpressionBinder::BindRange(BoundWindow& window, int position) {
  if (window.spec.order.size() != 1) {
    ThrowWindow("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
                "order the window by one column", position);
  }
  const AggregateSortKey& key = window.spec.order[0];
  const auto types = RangeTypesOf(key.expr->type);
  if (types) window.range_value = ResolveCast(key.expr, types->value, position);
  const auto bind = [&](FrameBound& bound, ExprPtr& reach) {
    if (bound.offset == nullptr) return;
    ExprPtr offset = types ? Coerce(bound.offset, types->offset) : nullptr;
    if (offset == nullptr) {
      throw Error(ErrorCode::kNotSupported,
                  fmt::format("RANGE with offset PRECEDING/FOLLOWING is not supported for column type {} and offset "
                              "type {}",
                              LogicalTypeName(key.expr->type), TypeNameOf(*bound.offset)),
                  "cast the offset to an appropriate type")
          .WithPosition(bound.offset->position);
    }
    bound.offset = offset;
    if (IsInteger(key.expr->type)) offset = ResolveCast(offset, "numeric", position);
    const bool back = (bound.kind == FrameBoundKind::kPreceding) != key.descending;
    reach = ResolveOperator(back ? "-" : "+", window.range_value, offset, position);
  };
  bind(window.call.frame.start, window.start_reach);
  bind(window.call.frame.end, window.end_reach);
}

}  // namespace rem::sql

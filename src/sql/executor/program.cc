#include "sql/executor/program.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/operator.h"
#include "sql/executor/statement_state.h"

namespace rem::sql {

namespace {

using enum LogicalType;

struct CellHash {
  size_t operator()(std::string_view bytes) const { return std::hash<std::string_view>{}(bytes); }
};

}  // namespace

/// The constants of an IN list.
struct Program::Set {
  std::unordered_set<std::string, CellHash> keys;
  Column values{kJson};  // of a jsonb list, searched one by one
  size_t value_count = 0;
  bool has_null = false;
  std::unique_ptr<MemoryUse> memory;  // Of a long list.

  static constexpr size_t kLongList = 256;
  /// About what a node and a slot of the table take besides the key.
  static constexpr size_t kKeyBytes = sizeof(std::string) + 4 * sizeof(void*);

  void CountMemory(const ExecContext& context) {
    size_t bytes = values.memory_bytes() + keys.size() * kKeyBytes;
    for (const std::string& key : keys) bytes += key.capacity();
    memory = std::make_unique<MemoryUse>(context, "IN list");
    memory->Set(bytes);
  }

  bool Contains(const Column& column, size_t row, std::string& buffer) const {
    if (column.type() == kJson) {
      for (size_t i = 0; i < value_count; ++i) {
        if (CompareCells(column, row, values, i) == 0) return true;
      }
      return false;
    }
    const std::string_view key = KeyBytes(column, row, buffer);
    if (key.data() != buffer.data()) buffer.assign(key);
    return keys.contains(buffer);
  }
};

struct Program::Step {
  enum class Op : uint8_t {
    kCall,            // out = function(arguments)
    kCopy,            // out = arguments[0]
    kClear,           // out = NULL
    kAnd,             // out = out AND arguments[0]
    kOr,              // out = out OR arguments[0]
    kIn,              // out = arguments[0] in set
    kSubquery,        // out = subquery(arguments)
    kSelectTrue,      // made = rows where arguments[0] is true
    kSelectNotTrue,   // ... is false or NULL
    kSelectNotFalse,  // ... is true or NULL
    kSelectNull,      // ... is NULL
  };
  Op op;
  const Function* function = nullptr;
  std::vector<size_t> arguments;
  size_t out = 0;
  size_t selection = 0;
  size_t made = 0;
  std::unique_ptr<Set> set;
  uint32_t subquery = 0;
  int position = 0;
  /// The first step that writes `out` gives it room.
  bool starts = false;
  // Reused between runs.
  std::vector<uint32_t> valid_rows;
  std::vector<const Column*> columns;
};

Program::Program() = default;
Program::Program(Program&&) noexcept = default;
Program::~Program() = default;

class Program::Compiler {
 public:
  Compiler(Program& program, std::span<const ColumnId> layout, const FixedValues& fixed)
      : program_(program), layout_(layout), fixed_(fixed) {
    program_.selections_.resize(1);
  }

  size_t Compile(const Expr& expr, size_t selection) {
    switch (expr.kind) {
      case ExprKind::kConstant:
        return Constant(expr.value, expr.type);
      case ExprKind::kParameter:
        return Constant(fixed_.parameters[expr.parameter].IsNull() ? Value() : CastParameter(expr), expr.type);
      case ExprKind::kColumn:
        return Input(expr);
      case ExprKind::kCall:
        return Call(expr, selection);
      case ExprKind::kAnd:
        return Logic(expr, selection, Step::Op::kAnd, Step::Op::kSelectNotFalse);
      case ExprKind::kOr:
        return Logic(expr, selection, Step::Op::kOr, Step::Op::kSelectNotTrue);
      case ExprKind::kCase:
        return Case(expr, selection);
      case ExprKind::kCoalesce:
        return Coalesce(expr, selection);
      case ExprKind::kIn:
        return In(expr, selection);
      case ExprKind::kSubquery:
        return Subquery(expr, selection);
    }
    return 0;
  }

 private:
  Value CastParameter(const Expr& expr) {
    const Value& value = fixed_.parameters[expr.parameter];
    if (value.type() == expr.type) return value;
    const Function* cast = FindCast(value.type(), expr.type);
    REM_CHECK(cast != nullptr);
    return EvaluateFixed(*MakeCall(cast, {MakeConstant(value, value.type())}), fixed_);
  }

  size_t AddOwned(LogicalType type) {
    program_.owned_.push_back(std::make_unique<Column>(type));
    program_.registers_.push_back(program_.owned_.back().get());
    return program_.registers_.size() - 1;
  }

  size_t Constant(const Value& value, LogicalType type) {
    const size_t place = AddOwned(type);
    program_.owned_.back()->SetConstant(value);
    return place;
  }

  size_t Input(const Expr& expr) {
    const auto place = std::ranges::find(layout_, expr.column);
    if (place == layout_.end()) return Constant(OuterValue(expr.column), expr.type);
    program_.registers_.push_back(nullptr);
    program_.inputs_.emplace_back(program_.registers_.size() - 1, place - layout_.begin());
    return program_.registers_.size() - 1;
  }

  const Value& OuterValue(ColumnId column) const {
    REM_CHECK(fixed_.outer != nullptr);
    const auto found = std::ranges::find(*fixed_.outer, column, &OuterValues::value_type::first);
    REM_CHECK(found != fixed_.outer->end());
    return found->second;
  }

  // The columns that the subquery refers to become arguments, in the order given, then compared; or what is looked for
  // among its values.
  size_t Subquery(const Expr& expr, size_t selection) {
    REM_CHECK(fixed_.context != nullptr);
    const PhysicalPlan& plan = *fixed_.context->plan;
    const PhysicalSubquery& subquery = plan.subqueries[expr.subquery];
    std::vector<size_t> arguments;
    if (subquery.probe != nullptr) {
      arguments.push_back(Compile(*subquery.probe, selection));
    } else {
      for (const auto* columns : {&subquery.given, &subquery.compared}) {
        for (const ColumnId column : *columns)
          arguments.push_back(Input(*MakeColumn(column, plan.columns[column].type, false)));
      }
    }
    const size_t out = AddOwned(expr.type);
    Step& step = Add(Step::Op::kSubquery, selection);
    step.subquery = expr.subquery;
    step.position = expr.position;
    step.arguments = std::move(arguments);
    step.out = out;
    step.starts = true;
    program_.context_ = fixed_.context;
    return out;
  }

  Step& Add(Step::Op op, size_t selection) {
    program_.steps_.push_back(Step{op});
    program_.steps_.back().selection = selection;
    return program_.steps_.back();
  }

  size_t Select(Step::Op op, size_t from, size_t selection) {
    const size_t made = program_.selections_.size();
    program_.selections_.emplace_back();
    Step& step = Add(op, selection);
    step.arguments = {from};
    step.made = made;
    return made;
  }

  void Into(Step::Op op, size_t out, size_t from, size_t selection, bool starts = false) {
    Step& step = Add(op, selection);
    step.out = out;
    step.arguments = {from};
    step.starts = starts;
  }

  size_t Call(const Expr& expr, size_t selection) {
    std::vector<size_t> arguments;
    for (const ExprPtr& argument : expr.arguments) arguments.push_back(Compile(*argument, selection));
    const size_t out = AddOwned(expr.type);
    Step& step = Add(Step::Op::kCall, selection);
    step.function = expr.function;
    step.arguments = std::move(arguments);
    step.out = out;
    step.starts = true;
    return out;
  }

  size_t Logic(const Expr& expr, size_t selection, Step::Op op, Step::Op select) {
    const size_t out = AddOwned(kBool);
    for (size_t i = 0; i < expr.arguments.size(); ++i) {
      const size_t value = Compile(*expr.arguments[i], selection);
      Into(i == 0 ? Step::Op::kCopy : op, out, value, selection, i == 0);
      if (i + 1 < expr.arguments.size()) selection = Select(select, out, selection);
    }
    return out;
  }

  size_t Case(const Expr& expr, size_t selection) {
    const size_t out = AddOwned(expr.type);
    Add(Step::Op::kClear, selection).out = out;
    program_.steps_.back().starts = true;
    for (size_t i = 0; i + 1 < expr.arguments.size(); i += 2) {
      const size_t condition = Compile(*expr.arguments[i], selection);
      const size_t chosen = Select(Step::Op::kSelectTrue, condition, selection);
      selection = Select(Step::Op::kSelectNotTrue, condition, selection);
      Into(Step::Op::kCopy, out, Compile(*expr.arguments[i + 1], chosen), chosen);
    }
    Into(Step::Op::kCopy, out, Compile(*expr.arguments.back(), selection), selection);
    return out;
  }

  size_t Coalesce(const Expr& expr, size_t selection) {
    const size_t out = AddOwned(expr.type);
    for (size_t i = 0; i < expr.arguments.size(); ++i) {
      if (i > 0) selection = Select(Step::Op::kSelectNull, out, selection);
      Into(Step::Op::kCopy, out, Compile(*expr.arguments[i], selection), selection, i == 0);
    }
    return out;
  }

  size_t In(const Expr& expr, size_t selection) {
    const size_t value = Compile(*expr.arguments[0], selection);
    auto set = std::make_unique<Set>();
    std::string buffer;
    for (size_t i = 1; i < expr.arguments.size(); ++i) {
      const Expr& item = *expr.arguments[i];
      const Value constant = item.kind == ExprKind::kConstant             ? item.value
                             : fixed_.parameters[item.parameter].IsNull() ? Value()
                                                                          : CastParameter(item);
      if (constant.IsNull()) {
        set->has_null = true;
        continue;
      }
      if (item.type == kJson) {
        set->values.Grow(set->value_count + 1);
        set->values.Set(set->value_count++, constant);
        continue;
      }
      Column cell(item.type);
      cell.SetConstant(constant);
      set->keys.emplace(KeyBytes(cell, 0, buffer));
    }
    if (expr.arguments.size() > Set::kLongList && fixed_.context != nullptr && fixed_.context->statement != nullptr)
      set->CountMemory(*fixed_.context);
    const size_t out = AddOwned(kBool);
    Into(Step::Op::kIn, out, value, selection, true);
    program_.steps_.back().set = std::move(set);
    return out;
  }

  Program& program_;
  std::span<const ColumnId> layout_;
  const FixedValues& fixed_;
};

Program Program::Compile(const Expr& expr, std::span<const ColumnId> layout, const FixedValues& fixed) {
  Program program;
  program.now_micros_ = fixed.now_micros;
  program.result_ = Compiler(program, layout, fixed).Compile(expr, 0);
  const auto by_row = [](const Step& step) {
    return step.op != Step::Op::kSubquery &&
           (step.function == nullptr || step.function->volatility != Volatility::kVolatile);
  };
  program.of_one_column_ = !program.inputs_.empty() && std::ranges::all_of(program.steps_, by_row) &&
                           std::ranges::all_of(program.inputs_, [&](const auto& input) {
                             return input.second == program.inputs_[0].second;
                           });
  return program;
}

const Column& Program::Run(std::span<const Column* const> columns, size_t capacity, const uint32_t* rows,
                           size_t count) {
  for (const auto& [place, column] : inputs_) registers_[place] = columns[column];
  rows_ = rows;
  count_ = count;
  for (Step& step : steps_) RunStep(step, capacity);
  return *registers_[result_];
}

void Program::RunStep(Step& step, size_t capacity) {
  const uint32_t* rows = step.selection == 0 ? rows_ : selections_[step.selection].data();
  const size_t count = step.selection == 0 ? count_ : selections_[step.selection].size();
  const auto each = [&](auto&& f) {
    for (size_t i = 0; i < count; ++i) f(rows == nullptr ? i : size_t{rows[i]});
  };
  const Column* in = step.arguments.empty() ? nullptr : registers_[step.arguments[0]];
  if (step.op >= Step::Op::kSelectTrue) {
    std::vector<uint32_t>& made = selections_[step.made];
    made.clear();
    const uint8_t* cells = step.op == Step::Op::kSelectNull ? nullptr : in->data<uint8_t>();
    each([&](size_t row) {
      const bool null = in->IsNull(row);
      const bool value = cells != nullptr && !null && cells[row & in->row_mask()] != 0;
      const bool wanted = step.op == Step::Op::kSelectTrue      ? value
                          : step.op == Step::Op::kSelectNotTrue ? !value
                          : step.op == Step::Op::kSelectNull    ? null
                                                                : null || value;
      if (wanted) made.push_back(static_cast<uint32_t>(row));
    });
    return;
  }
  Column& out = *const_cast<Column*>(registers_[step.out]);
  if (step.starts) out.Reset(capacity);
  if (step.op == Step::Op::kSubquery) return RunSubquery(step, rows, count);
  if (step.op == Step::Op::kCall) return CallKernel(step, rows, count, capacity);
  if (step.op == Step::Op::kCopy) return each([&](size_t row) { out.CopyCell(row, *in, row); });
  if (step.op == Step::Op::kClear) return each([&](size_t row) { out.SetNull(row); });
  uint8_t* cells = out.data<uint8_t>();
  if (step.op == Step::Op::kIn) {
    std::string buffer;
    return each([&](size_t row) {
      if (in->IsNull(row)) return out.SetNull(row);
      cells[row] = step.set->Contains(*in, row, buffer);
      if (cells[row] == 0 && step.set->has_null) out.SetNull(row);
    });
  }
  // The rows that come here have out true or NULL (AND), false or NULL (OR).
  const bool decides = step.op == Step::Op::kOr;
  const uint8_t* values = in->data<uint8_t>();
  each([&](size_t row) {
    if (in->IsNull(row)) return out.SetNull(row);
    const bool value = values[row & in->row_mask()] != 0;
    if (value != decides) return;
    cells[row] = value;
    out.SetValid(row);
  });
}

void Program::CallKernel(Step& step, const uint32_t* rows, size_t count, size_t capacity) {
  Column& out = *const_cast<Column*>(registers_[step.out]);
  step.columns.clear();
  bool nulls = false;
  for (const size_t argument : step.arguments) {
    step.columns.push_back(registers_[argument]);
    nulls |= registers_[argument]->has_nulls();
  }
  if (step.function->strict && nulls) {
    step.valid_rows.clear();
    for (size_t i = 0; i < count; ++i) {
      const size_t row = rows == nullptr ? i : rows[i];
      if (std::ranges::any_of(step.columns, [&](const Column* column) { return column->IsNull(row); })) {
        out.SetNull(row);
      } else {
        step.valid_rows.push_back(static_cast<uint32_t>(row));
      }
    }
    rows = step.valid_rows.data();
    count = step.valid_rows.size();
  }
  if (count == 0) return;
  KernelFailure failure;
  KernelCall call{step.columns, &out, rows, count, &failure, now_micros_};
  step.function->kernel(call);
  if (failure.failed) throw failure.ToError();
}

void Program::RunSubquery(Step& step, const uint32_t* rows, size_t count) {
  Column& out = *const_cast<Column*>(registers_[step.out]);
  step.columns.clear();
  for (const size_t argument : step.arguments) step.columns.push_back(registers_[argument]);
  SubqueryRun& run = context_->statement->Subquery(*context_, step.subquery);
  for (size_t i = 0; i < count; ++i) {
    const size_t row = rows == nullptr ? i : rows[i];
    try {
      out.Set(row, run.Compute(*context_, step.columns, row));
    } catch (const Error& error) {
      if (error.position() != 0 || step.position == 0) throw;
      throw Error(error).WithPosition(step.position);
    }
  }
}

namespace {

// Writes the rows for which a boolean result is true, of those that row(0) to row(count - 1) give, in their order; they
// may be the ones that are overwritten.
template <typename Row>
size_t KeepTrue(const Column& result, size_t count, const Row& row, uint32_t* kept) {
  const uint8_t* cells = result.data<uint8_t>();
  const size_t mask = result.row_mask();
  size_t size = 0;
  if (!result.has_nulls()) {
    for (size_t i = 0; i < count; ++i) {
      const uint32_t at = row(i);
      kept[size] = at;
      size += cells[at & mask] != 0;
    }
  } else {
    for (size_t i = 0; i < count; ++i) {
      const uint32_t at = row(i);
      kept[size] = at;
      size += !result.IsNull(at) && cells[at & mask] != 0;
    }
  }
  return size;
}

}  // namespace

void Program::Filter(std::span<const Column* const> columns, size_t capacity, std::vector<uint32_t>& rows) {
  if (const CellCodes* codes = CodesOfInput(columns)) return FilterByCodes(columns, capacity, *codes, rows);
  const Column& result = Run(columns, capacity, rows.data(), rows.size());
  rows.resize(KeepTrue(
      result, rows.size(), [&](size_t i) { return rows[i]; }, rows.data()));
}

void Program::FilterAll(std::span<const Column* const> columns, size_t capacity, size_t count,
                        std::vector<uint32_t>& rows) {
  rows.resize(count);
  if (const CellCodes* codes = CodesOfInput(columns)) {
    std::iota(rows.begin(), rows.end(), 0);
    return FilterByCodes(columns, capacity, *codes, rows);
  }
  const Column& result = Run(columns, capacity, nullptr, count);
  rows.resize(KeepTrue(
      result, count, [](size_t i) { return static_cast<uint32_t>(i); }, rows.data()));
}

const CellCodes* Program::CodesOfInput(std::span<const Column* const> columns) const {
  return of_one_column_ ? columns[inputs_[0].second]->codes() : nullptr;
}

// Asks once for each cell of the dictionary, at the first row that has it.
void Program::FilterByCodes(std::span<const Column* const> columns, size_t capacity, const CellCodes& codes,
                            std::vector<uint32_t>& rows) {
  if (dictionary_ != codes.dictionary) answers_.clear();
  dictionary_ = codes.dictionary;
  if (answers_.size() < codes.limit) answers_.resize(codes.limit, Answer::kUnknown);
  asked_.clear();
  for (const uint32_t row : rows) {
    Answer& answer = answers_[codes.codes[row]];
    if (answer != Answer::kUnknown) continue;
    answer = Answer::kAsked;
    asked_.push_back(row);
  }
  if (!asked_.empty()) {
    for (const uint32_t row : asked_) answers_[codes.codes[row]] = Answer::kUnknown;
    const Column& result = Run(columns, capacity, asked_.data(), asked_.size());
    for (const uint32_t row : asked_) {
      const bool yes = !result.IsNull(row) && result.data<uint8_t>()[row & result.row_mask()] != 0;
      answers_[codes.codes[row]] = yes ? Answer::kYes : Answer::kNo;
    }
  }
  size_t kept = 0;
  for (const uint32_t row : rows) {
    rows[kept] = row;
    kept += answers_[codes.codes[row]] == Answer::kYes;
  }
  rows.resize(kept);
}

Value EvaluateFixed(const Expr& expr, const FixedValues& fixed) {
  // What point queries look for needs no program.
  if (expr.kind == ExprKind::kConstant) return expr.value;
  if (expr.kind == ExprKind::kParameter && fixed.parameters[expr.parameter].type() == expr.type)
    return fixed.parameters[expr.parameter];
  Program program = Program::Compile(expr, {}, fixed);
  return program.Run({}, 1, nullptr, 1).Get(0);
}

}  // namespace rem::sql

#include <rem/error.h>

#include "sql/plan/table_function.h"
#include "types/datetime.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;

[[noreturn]] void ThrowZeroStep() {
  throw Error(ErrorCode::kInvalidArgument, "step size cannot equal zero", "write a step such as 1");
}

// generate_series(first, last[, step]) over integers: stops before it overflows.
class Series : public TableFunctionRun {
 public:
  Series(int64_t first, int64_t last, int64_t step) : next_(first), last_(last), step_(step) {
    if (step == 0) ThrowZeroStep();
    done_ = step > 0 ? first > last : first < last;
  }

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    int64_t* cells = out[0]->data<int64_t>();
    size_t rows = 0;
    while (!done_ && rows < capacity) {
      cells[rows++] = next_;
      done_ = __builtin_add_overflow(next_, step_, &next_) || (step_ > 0 ? next_ > last_ : next_ < last_);
    }
    return rows;
  }

 private:
  int64_t next_;
  const int64_t last_;
  const int64_t step_;
  bool done_ = false;
};

std::unique_ptr<TableFunctionRun> OpenInts(std::span<const Value> arguments) {
  return std::make_unique<Series>(arguments[0].AsInt(), arguments[1].AsInt(),
                                  arguments.size() > 2 ? arguments[2].AsInt() : 1);
}

class NumericSeries : public TableFunctionRun {
 public:
  NumericSeries(std::string first, std::string last, std::string step)
      : next_(std::move(first)), last_(std::move(last)), step_(std::move(step)) {
    Check(next_, "start value");
    Check(last_, "stop value");
    Check(step_, "step size");
    const auto sign = CompareNumerics(step_, "0");
    if (sign == 0) ThrowZeroStep();
    up_ = sign > 0;
  }

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    size_t rows = 0;
    for (; rows < capacity; ++rows) {
      const auto order = CompareNumerics(next_, last_);
      if (up_ ? order > 0 : order < 0) break;
      out[0]->data<std::string_view>()[rows] = out[0]->arena().Copy(next_);
      next_ = AddNumerics(next_, step_);
    }
    return rows;
  }

 private:
  static void Check(const std::string& value, std::string_view what) {
    if (value.find_first_of("NI") == std::string::npos) return;
    throw Error(ErrorCode::kInvalidArgument,
                std::string(what) + (value == "NaN" ? " cannot be NaN" : " cannot be infinity"), "write a number");
  }

  std::string next_;
  const std::string last_;
  const std::string step_;
  bool up_ = true;
};

std::unique_ptr<TableFunctionRun> OpenNumerics(std::span<const Value> arguments) {
  return std::make_unique<NumericSeries>(arguments[0].AsNumeric(), arguments[1].AsNumeric(),
                                         arguments.size() > 2 ? arguments[2].AsNumeric() : "1");
}

// Of timestamps, with and without time zone.
class TimeSeries : public TableFunctionRun {
 public:
  TimeSeries(int64_t first, int64_t last, const Interval& step)
      : next_(first), last_(last), step_(step), up_(IntervalSpan(step) > 0) {
    if (IntervalSpan(step) == 0) ThrowZeroStep();
    if (first == kTimeInfinity || first == kTimeMinusInfinity)
      throw Error(ErrorCode::kInvalidArgument, "start value cannot be infinity", "write a time");
  }

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    int64_t* cells = out[0]->data<int64_t>();
    size_t rows = 0;
    while (rows < capacity && (up_ ? next_ <= last_ : next_ >= last_)) {
      cells[rows++] = next_;
      const auto moved = AddInterval(next_, step_);
      if (!moved) throw Error(ErrorCode::kInvalidDatetime, "timestamp out of range");
      next_ = *moved;
    }
    return rows;
  }

 private:
  int64_t next_;
  const int64_t last_;
  const Interval step_;
  const bool up_;
};

std::unique_ptr<TableFunctionRun> OpenTimes(std::span<const Value> arguments) {
  return std::make_unique<TimeSeries>(arguments[0].raw_int(), arguments[1].raw_int(), arguments[2].AsInterval());
}

}  // namespace

void AddSeriesFunctions(std::vector<TableFunction>& out) {
  const auto add = [&](std::vector<LogicalType> arguments, LogicalType result, auto open) {
    out.push_back({"generate_series", std::move(arguments), {{"generate_series", result}}, open});
  };
  for (const LogicalType type : {kInteger, kInt, kNumeric}) {
    add({type, type}, type, type == kNumeric ? OpenNumerics : OpenInts);
    add({type, type, type}, type, type == kNumeric ? OpenNumerics : OpenInts);
  }
  add({kLocalTimestamp, kLocalTimestamp, kInterval}, kLocalTimestamp, OpenTimes);
  add({kTimestamp, kTimestamp, kInterval}, kTimestamp, OpenTimes);
}

}  // namespace rem::sql

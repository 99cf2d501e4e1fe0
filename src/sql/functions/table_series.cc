#include <rem/error.h>

#include "sql/plan/table_function.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// generate_series(first, last[, step]) over bigint: stops before it overflows.
class Series : public TableFunctionRun {
 public:
  Series(int64_t first, int64_t last, int64_t step) : next_(first), last_(last), step_(step) {
    if (step == 0) throw Error(ErrorCode::kInvalidArgument, "step size cannot equal zero", "write a step such as 1");
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

std::unique_ptr<TableFunctionRun> Open(std::span<const Value> arguments) {
  return std::make_unique<Series>(arguments[0].AsInt(), arguments[1].AsInt(),
                                  arguments.size() > 2 ? arguments[2].AsInt() : 1);
}

}  // namespace

void AddSeriesFunctions(std::vector<TableFunction>& out) {
  out.push_back({"generate_series", {kInt, kInt}, {{"generate_series", kInt}}, Open});
  out.push_back({"generate_series", {kInt, kInt, kInt}, {{"generate_series", kInt}}, Open});
}

}  // namespace rem::sql

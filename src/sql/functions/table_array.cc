#include <algorithm>

#include "sql/plan/table_function.h"

namespace rem::sql {

namespace {

using enum LogicalType;

constexpr LogicalType kAnyArray = ArrayOf(kAnyElement);

// unnest(array), and the one row of a single value.
class Items : public TableFunctionRun {
 public:
  explicit Items(std::vector<Value> items) : items_(std::move(items)) {}

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    const size_t rows = std::min(capacity, items_.size() - next_);
    for (size_t i = 0; i < rows; ++i) out[0]->Set(i, items_[next_++]);
    return rows;
  }

 private:
  const std::vector<Value> items_;
  size_t next_ = 0;
};

std::unique_ptr<TableFunctionRun> OpenArray(std::span<const Value> arguments) {
  return std::make_unique<Items>(arguments[0].AsArray());
}
std::unique_ptr<TableFunctionRun> OpenValue(std::span<const Value> arguments) {
  return std::make_unique<Items>(std::vector<Value>{arguments[0]});
}

// generate_subscripts(array, dimension[, reverse]): arrays have one dimension and begin at 1.
class Subscripts : public TableFunctionRun {
 public:
  Subscripts(int64_t count, bool reverse) : count_(count), reverse_(reverse) {}

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    size_t rows = 0;
    for (; rows < capacity && made_ < count_; ++rows, ++made_)
      out[0]->data<int64_t>()[rows] = reverse_ ? count_ - made_ : made_ + 1;
    return rows;
  }

 private:
  const int64_t count_;
  const bool reverse_;
  int64_t made_ = 0;
};

std::unique_ptr<TableFunctionRun> OpenSubscripts(std::span<const Value> arguments) {
  const int64_t count = arguments[1].AsInt() == 1 ? static_cast<int64_t>(arguments[0].AsArray().size()) : 0;
  return std::make_unique<Subscripts>(count, arguments.size() > 2 && arguments[2].AsBool());
}

}  // namespace

const TableFunction& SingleRowFunction() {
  static const TableFunction function{"single row", {kAnyElement}, {{"", kAnyElement}}, OpenValue, false, true};
  return function;
}

void AddArrayTableFunctions(std::vector<TableFunction>& out) {
  out.push_back({"unnest", {kAnyArray}, {{"unnest", kAnyElement}}, OpenArray});
  out.push_back({"generate_subscripts", {kAnyArray, kInteger}, {{"generate_subscripts", kInteger}}, OpenSubscripts});
  out.push_back(
      {"generate_subscripts", {kAnyArray, kInteger, kBool}, {{"generate_subscripts", kInteger}}, OpenSubscripts});
}

}  // namespace rem::sql

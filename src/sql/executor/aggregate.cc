#include <cmath>

#include <rem/error.h>

#include "sql/executor/operator.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// The running value of one aggregate.
class Accumulator {
 public:
  Accumulator(const ExecContext& context, const AggregateCall& call, std::span<const ColumnId> layout)
      : call_(call), result_(context.column(call.output).type) {
    if (call.argument != nullptr) argument_.emplace(Program::Compile(*call.argument, layout, context.fixed()));
    result_.Reset(1);
    result_.SetNull(0);
  }

  void Add(const ColumnBatch& batch) {
    if (!argument_) {
      count_ += static_cast<int64_t>(batch.count());
      return;
    }
    const Column& values = argument_->Run(batch.columns, batch.rows, batch.row_numbers(), batch.count());
    switch (call_.kind) {
      case AggregateKind::kCountRows:
      case AggregateKind::kCount:
        Each(batch, values, [&](size_t) { ++count_; });
        break;
      case AggregateKind::kSum:
      case AggregateKind::kAvg:
        if (values.type() == kInt) {
          AddInts(batch, values);
        } else {
          AddDoubles(batch, values);
        }
        break;
      case AggregateKind::kMin:
      case AggregateKind::kMax:
        Each(batch, values, [&](size_t row) { Extreme(values, row); });
        break;
      case AggregateKind::kBoolAnd:
      case AggregateKind::kBoolOr:
        Each(batch, values, [&](size_t row) {
          const bool value = values.data<uint8_t>()[row & values.row_mask()] != 0;
          truth_ = count_++ == 0 ? value : call_.kind == AggregateKind::kBoolAnd ? truth_ && value : truth_ || value;
        });
        break;
    }
  }

  const Column& Finish() {
    switch (call_.kind) {
      case AggregateKind::kCountRows:
      case AggregateKind::kCount:
        result_.Set(0, Value(count_));
        break;
      case AggregateKind::kSum:
        if (count_ > 0) result_.Set(0, result_.type() == kInt ? Value(IntSum()) : Value(double_sum_));
        break;
      case AggregateKind::kAvg:
        if (count_ > 0)
          result_.Set(0, Value((is_int_ ? static_cast<double>(int_sum_) : double_sum_) / static_cast<double>(count_)));
        break;
      case AggregateKind::kBoolAnd:
      case AggregateKind::kBoolOr:
        if (count_ > 0) result_.Set(0, Value(truth_));
        break;
      default:
        break;
    }
    return result_;
  }

 private:
  template <typename F>
  static void Each(const ColumnBatch& batch, const Column& values, F&& f) {
    for (size_t i = 0; i < batch.count(); ++i) {
      const size_t row = batch.row(i);
      if (!values.IsNull(row)) f(row);
    }
  }

  // 128 bits cannot overflow with any number of rows, so that only the result decides.
  void AddInts(const ColumnBatch& batch, const Column& values) {
    is_int_ = true;
    const int64_t* cells = values.data<int64_t>();
    Each(batch, values, [&](size_t row) {
      int_sum_ += cells[row & values.row_mask()];
      ++count_;
    });
  }

  void AddDoubles(const ColumnBatch& batch, const Column& values) {
    const double* cells = values.data<double>();
    bool infinite = std::isinf(double_sum_);
    Each(batch, values, [&](size_t row) {
      double_sum_ += cells[row & values.row_mask()];
      infinite |= std::isinf(cells[row & values.row_mask()]);
      ++count_;
    });
    if (std::isinf(double_sum_) && !infinite)
      throw Error(ErrorCode::kNumericOutOfRange, "value out of range: overflow", "sum smaller values")
          .WithPosition(call_.position);
  }

  int64_t IntSum() const {
    if (int_sum_ > INT64_MAX || int_sum_ < INT64_MIN) {
      throw Error(ErrorCode::kNumericOutOfRange, "bigint out of range: sum",
                  "sum(column::double precision) gives an approximate sum")
          .WithPosition(call_.position);
    }
    return static_cast<int64_t>(int_sum_);
  }

  void Extreme(const Column& values, size_t row) {
    if (count_++ > 0) {
      const int order = CompareCells(values, row, result_, 0);
      if (call_.kind == AggregateKind::kMin ? order >= 0 : order <= 0) return;
    }
    // The last extreme's bytes are not needed any more.
    result_.Reset(1);
    result_.CopyCellDeep(0, values, row);
  }

  const AggregateCall& call_;
  Column result_;
  std::optional<Program> argument_;
  int64_t count_ = 0;
  __int128 int_sum_ = 0;
  double double_sum_ = 0;
  bool is_int_ = false;
  bool truth_ = false;
};

class Aggregate : public Operator {
 public:
  Aggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) : input_(std::move(input)) {
    for (const AggregateCall& call : std::get<AggregatePlan>(node.body).calls)
      accumulators_.push_back(std::make_unique<Accumulator>(context, call, node.input->layout));
  }

  ColumnBatch* Next() override {
    if (done_) return nullptr;
    done_ = true;
    while (const ColumnBatch* batch = input_->Next()) {
      for (auto& accumulator : accumulators_) accumulator->Add(*batch);
    }
    for (auto& accumulator : accumulators_) batch_.columns.push_back(&accumulator->Finish());
    batch_.rows = 1;
    return &batch_;
  }

 private:
  OperatorPtr input_;
  std::vector<std::unique_ptr<Accumulator>> accumulators_;
  bool done_ = false;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewAggregate(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Aggregate>(context, node, std::move(input));
}

}  // namespace rem::sql

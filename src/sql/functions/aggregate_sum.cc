#include <cmath>

#include "sql/functions/aggregate_rows.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// 128 bits cannot overflow with any number of rows, so that only the result decides. Not an __int128, whose alignment
// states do not have.
struct IntSum {
  uint64_t low;
  int64_t high;
  int64_t count;

  void Add(uint64_t add_low, int64_t add_high) {
    high += add_high + static_cast<int64_t>(__builtin_add_overflow(low, add_low, &low));
  }
  __int128 value() const { return static_cast<__int128>(high) * (static_cast<__int128>(1) << 64) + low; }
};

void SumInts(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const int64_t* cells = in.data<int64_t>();
  const size_t mask = in.row_mask();
  ForEachState<IntSum>(update, [&](IntSum& sum, size_t row) {
    const int64_t value = cells[row & mask];
    sum.Add(static_cast<uint64_t>(value), value >> 63);
    ++sum.count;
  });
}
void MergeInts(std::byte* into, const std::byte* from, Arena&, KernelFailure&) {
  auto& sum = *reinterpret_cast<IntSum*>(into);
  const auto& other = StateOf<IntSum>(from);
  sum.Add(other.low, other.high);
  sum.count += other.count;
}
void FinishIntSum(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& sum = StateOf<IntSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  const __int128 value = sum.value();
  if (value > INT64_MAX || value < INT64_MIN) {
    failure.Set(row, ErrorCode::kNumericOutOfRange, "bigint out of range: sum",
                "sum(column::double precision) gives an approximate sum");
    return;
  }
  out.data<int64_t>()[row] = static_cast<int64_t>(value);
}
void FinishIntAverage(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& sum = StateOf<IntSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  out.data<double>()[row] = static_cast<double>(sum.value()) / static_cast<double>(sum.count);
}

struct DoubleSum {
  double sum;
  int64_t count;
  bool infinite;  // An argument was: then the sum may be.
};

void SumDoubles(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const double* cells = in.data<double>();
  const size_t mask = in.row_mask();
  ForEachState<DoubleSum>(update, [&](DoubleSum& sum, size_t row) {
    const double value = cells[row & mask];
    sum.sum += value;
    sum.infinite |= std::isinf(value);
    ++sum.count;
  });
}
void MergeDoubles(std::byte* into, const std::byte* from, Arena&, KernelFailure&) {
  auto& sum = *reinterpret_cast<DoubleSum*>(into);
  const auto& other = StateOf<DoubleSum>(from);
  sum.sum += other.sum;
  sum.infinite |= other.infinite;
  sum.count += other.count;
}
void FinishDouble(const DoubleSum& sum, double value, Column& out, size_t row, KernelFailure& failure) {
  if (sum.count == 0) return out.SetNull(row);
  if (!std::isfinite(sum.sum) && !std::isnan(sum.sum) && !sum.infinite)
    failure.Set(row, ErrorCode::kNumericOutOfRange, "value out of range: overflow", "sum smaller values");
  out.data<double>()[row] = value;
}
void FinishDoubleSum(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& sum = StateOf<DoubleSum>(state);
  FinishDouble(sum, sum.sum, out, row, failure);
}
void FinishDoubleAverage(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& sum = StateOf<DoubleSum>(state);
  FinishDouble(sum, sum.sum / static_cast<double>(sum.count), out, row, failure);
}

}  // namespace

void AddSumAggregates(std::vector<AggregateFunction>& out) {
  out.push_back({"sum", {kInt}, kInt, sizeof(IntSum), SumInts, MergeInts, FinishIntSum});
  out.push_back({"sum", {kDouble}, kDouble, sizeof(DoubleSum), SumDoubles, MergeDoubles, FinishDoubleSum});
  out.push_back({"avg", {kInt}, kDouble, sizeof(IntSum), SumInts, MergeInts, FinishIntAverage});
  out.push_back({"avg", {kDouble}, kDouble, sizeof(DoubleSum), SumDoubles, MergeDoubles, FinishDoubleAverage});
}

}  // namespace rem::sql

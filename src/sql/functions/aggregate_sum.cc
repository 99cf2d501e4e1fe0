#include <cmath>

#include "sql/functions/aggregate_rows.h"
#include "sql/functions/wide_sum.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;

struct IntSum {
  WideSum sum;
  int64_t count;
};

void SumInts(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const int64_t* cells = in.data<int64_t>();
  const size_t mask = in.row_mask();
  ForEachState<IntSum>(update, [&](IntSum& state, size_t row) {
    state.sum.Add(cells[row & mask]);
    ++state.count;
  });
}
void MergeInts(std::byte* into, const std::byte* from, Arena&, KernelFailure&) {
  auto& state = *reinterpret_cast<IntSum*>(into);
  const auto& other = StateOf<IntSum>(from);
  state.sum.Add(other.sum);
  state.count += other.count;
}
// Of smallint and integer: bigint.
void FinishNarrowSum(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& sum = StateOf<IntSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  const __int128 value = sum.sum.value();
  if (value > INT64_MAX || value < INT64_MIN) {
    failure.Set(row, ErrorCode::kNumericOutOfRange, "bigint out of range", "sum(column::bigint) gives a numeric");
    return;
  }
  out.data<int64_t>()[row] = static_cast<int64_t>(value);
}
// Of bigint: numeric.
void FinishWideSum(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& sum = StateOf<IntSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  out.data<std::string_view>()[row] = out.arena().Copy(NumericFromWide(sum.sum.value(), 0));
}
void FinishIntAverage(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& sum = StateOf<IntSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  out.data<std::string_view>()[row] =
      out.arena().Copy(DivideNumerics(NumericFromWide(sum.sum.value(), 0), NumericFromInt(sum.count)));
}

struct DoubleSum {
  double sum;
  int64_t count;
  bool infinite;  // An argument was: then the sum may be.
};

// `rounded`: sum(real) keeps a real.
template <bool rounded>
void SumDoubles(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const double* cells = in.data<double>();
  const size_t mask = in.row_mask();
  ForEachState<DoubleSum>(update, [&](DoubleSum& sum, size_t row) {
    const double value = cells[row & mask];
    sum.sum = rounded ? static_cast<float>(sum.sum + value) : sum.sum + value;
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
  for (const LogicalType type : {kSmallInt, kInteger})
    out.push_back({"sum", {type}, kInt, sizeof(IntSum), SumInts, MergeInts, FinishNarrowSum});
  out.push_back({"sum", {kInt}, kNumeric, sizeof(IntSum), SumInts, MergeInts, FinishWideSum});
  for (const LogicalType type : {kSmallInt, kInteger, kInt})
    out.push_back({"avg", {type}, kNumeric, sizeof(IntSum), SumInts, MergeInts, FinishIntAverage});
  // In another order a sum of reals may round to another real.
  out.push_back({"sum", {kReal}, kReal, sizeof(DoubleSum), SumDoubles<true>, nullptr, FinishDoubleSum});
  out.push_back({"avg", {kReal}, kDouble, sizeof(DoubleSum), SumDoubles<false>, MergeDoubles, FinishDoubleAverage});
  out.push_back({"sum", {kDouble}, kDouble, sizeof(DoubleSum), SumDoubles<false>, MergeDoubles, FinishDoubleSum});
  out.push_back({"avg", {kDouble}, kDouble, sizeof(DoubleSum), SumDoubles<false>, MergeDoubles, FinishDoubleAverage});
}

}  // namespace rem::sql

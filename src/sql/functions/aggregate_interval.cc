#include <rem/error.h>

#include "sql/functions/aggregate_rows.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// sum and avg of intervals: months, days and microseconds by themselves.
struct IntervalSum {
  Interval sum;
  int64_t count;
};

void AddTo(IntervalSum& state, const Interval& value, int64_t count, size_t row, KernelFailure& failure) {
  const auto sum = AddIntervals(state.sum, value);
  if (!sum) return failure.Set(row, ErrorCode::kInvalidDatetime, "interval out of range");
  state.sum = *sum;
  state.count += count;
}
void Update(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const auto* cells = in.data<Interval>();
  const size_t mask = in.row_mask();
  ForEachState<IntervalSum>(
      update, [&](IntervalSum& state, size_t row) { AddTo(state, cells[row & mask], 1, row, *update.failure); });
}
void Merge(std::byte* into, const std::byte* from, Arena&, KernelFailure& failure) {
  const auto& other = StateOf<IntervalSum>(from);
  AddTo(*reinterpret_cast<IntervalSum*>(into), other.sum, other.count, 0, failure);
}
void FinishSum(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& sum = StateOf<IntervalSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  out.data<Interval>()[row] = sum.sum;
}
void FinishAverage(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& sum = StateOf<IntervalSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  const auto average = DivideInterval(sum.sum, static_cast<double>(sum.count));
  if (!average) return failure.Set(row, ErrorCode::kInvalidDatetime, "interval out of range");
  out.data<Interval>()[row] = *average;
}

}  // namespace

void AddIntervalAggregates(std::vector<AggregateFunction>& out) {
  out.push_back({"sum", {kInterval}, kInterval, sizeof(IntervalSum), Update, Merge, FinishSum});
  out.push_back({"avg", {kInterval}, kInterval, sizeof(IntervalSum), Update, Merge, FinishAverage});
}

}  // namespace rem::sql

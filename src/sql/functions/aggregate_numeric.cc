#include "sql/functions/aggregate_rows.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// sum and avg of numeric, exact: the state keeps the sum's text.
struct NumericSum {
  StateBuffer sum;
  int64_t count;
};

void AddTo(NumericSum& state, std::string_view value, int64_t count, Arena& arena, KernelFailure& failure, size_t row) {
  try {
    const std::string sum = state.count == 0 ? std::string(value) : AddNumerics(state.sum.view(), value);
    state.sum.Clear();
    state.sum.Append(sum, arena);
    state.count += count;
  } catch (const Error& error) {
    failure.Set(row, error.code(), error.message(), error.hint());
  }
}
void Update(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const auto* cells = in.data<std::string_view>();
  const size_t mask = in.row_mask();
  ForEachState<NumericSum>(update, [&](NumericSum& state, size_t row) {
    AddTo(state, cells[row & mask], 1, *update.arena, *update.failure, row);
  });
}
void Merge(std::byte* into, const std::byte* from, Arena& arena, KernelFailure& failure) {
  const auto& other = StateOf<NumericSum>(from);
  if (other.count != 0) AddTo(*reinterpret_cast<NumericSum*>(into), other.sum.view(), other.count, arena, failure, 0);
}
template <bool average>
void Finish(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& sum = StateOf<NumericSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  try {
    const std::string text =
        average ? DivideNumerics(sum.sum.view(), NumericFromInt(sum.count)) : std::string(sum.sum.view());
    out.data<std::string_view>()[row] = out.arena().Copy(text);
  } catch (const Error& error) {
    failure.Set(row, error.code(), error.message(), error.hint());
  }
}

// min and max of numeric.
struct NumericExtreme {
  StateBuffer value;
  bool any;
};
template <bool max>
void Take(NumericExtreme& state, std::string_view value, Arena& arena) {
  if (state.any) {
    const auto order = CompareNumerics(value, state.value.view());
    if (max ? order <= 0 : order >= 0) return;
  }
  state.value.Clear();
  state.value.Append(value, arena);
  state.any = true;
}
template <bool max>
void UpdateExtreme(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const auto* cells = in.data<std::string_view>();
  const size_t mask = in.row_mask();
  ForEachState<NumericExtreme>(
      update, [&](NumericExtreme& state, size_t row) { Take<max>(state, cells[row & mask], *update.arena); });
}
template <bool max>
void MergeExtreme(std::byte* into, const std::byte* from, Arena& arena, KernelFailure&) {
  const auto& other = StateOf<NumericExtreme>(from);
  if (other.any) Take<max>(*reinterpret_cast<NumericExtreme*>(into), other.value.view(), arena);
}
void FinishExtreme(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& extreme = StateOf<NumericExtreme>(state);
  if (!extreme.any) return out.SetNull(row);
  out.data<std::string_view>()[row] = out.arena().Copy(extreme.value.view());
}

}  // namespace

void AddNumericAggregates(std::vector<AggregateFunction>& out) {
  out.push_back({"sum", {kNumeric}, kNumeric, sizeof(NumericSum), Update, Merge, Finish<false>});
  out.push_back({"avg", {kNumeric}, kNumeric, sizeof(NumericSum), Update, Merge, Finish<true>});
  out.push_back(
      {"min", {kNumeric}, kNumeric, sizeof(NumericExtreme), UpdateExtreme<false>, MergeExtreme<false>, FinishExtreme});
  out.push_back(
      {"max", {kNumeric}, kNumeric, sizeof(NumericExtreme), UpdateExtreme<true>, MergeExtreme<true>, FinishExtreme});
}

}  // namespace rem::sql

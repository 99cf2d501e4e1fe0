#include "sql/functions/aggregate_rows.h"
#include "sql/functions/exact_sum.h"
#include "types/numeric.h"

namespace rem::sql {

namespace {

using enum LogicalType;

void Fail(KernelFailure& failure, size_t row, const Error& error) {
  failure.Set(row, error.code(), error.message(), error.hint());
}

// sum and avg of numeric, exact.
void Update(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const auto* cells = in.data<std::string_view>();
  const size_t mask = in.row_mask();
  ForEachState<ExactSum>(update, [&](ExactSum& state, size_t row) {
    try {
      state.Add(cells[row & mask], *update.arena);
    } catch (const Error& error) {
      Fail(*update.failure, row, error);
    }
  });
}
void Merge(std::byte* into, const std::byte* from, Arena& arena, KernelFailure& failure) {
  try {
    reinterpret_cast<ExactSum*>(into)->Merge(StateOf<ExactSum>(from), arena);
  } catch (const Error& error) {
    Fail(failure, 0, error);
  }
}
template <bool average>
void Finish(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& sum = StateOf<ExactSum>(state);
  if (sum.count == 0) return out.SetNull(row);
  try {
    const std::string text = average ? DivideNumerics(sum.ToText(), NumericFromInt(sum.count)) : sum.ToText();
    out.data<std::string_view>()[row] = out.arena().Copy(text);
  } catch (const Error& error) {
    Fail(failure, row, error);
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
  out.push_back({"sum", {kNumeric}, kNumeric, sizeof(ExactSum), Update, Merge, Finish<false>});
  out.push_back({"avg", {kNumeric}, kNumeric, sizeof(ExactSum), Update, Merge, Finish<true>});
  out.push_back(
      {"min", {kNumeric}, kNumeric, sizeof(NumericExtreme), UpdateExtreme<false>, MergeExtreme<false>, FinishExtreme});
  out.push_back(
      {"max", {kNumeric}, kNumeric, sizeof(NumericExtreme), UpdateExtreme<true>, MergeExtreme<true>, FinishExtreme});
}

}  // namespace rem::sql

#include <cmath>

#include "sql/functions/aggregate_rows.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// Youngs and Cramer, "Some Results Relevant to Choice of Sum and Sum-of-Product Algorithms" (1971): `squares` is the
// sum of squared distances from the mean, without the cancellation of sum(x * x) - sum(x) * sum(x) / n.
struct Moments {
  double count;
  double sum;
  double squares;

  void Add(double value) {
    sum += value;
    count += 1;
    if (count > 1) {
      const double distance = value * count - sum;
      squares += distance * distance / (count * (count - 1));
    } else if (!std::isfinite(value)) {
      squares = std::nan("");
    }
    if (!std::isfinite(sum)) squares = std::nan("");
  }
};

template <typename T>
void Collect(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const T* cells = in.data<T>();
  const size_t mask = in.row_mask();
  ForEachState<Moments>(update,
                        [&](Moments& moments, size_t row) { moments.Add(static_cast<double>(cells[row & mask])); });
}
void Merge(std::byte* into, const std::byte* from, Arena&, KernelFailure&) {
  auto& a = *reinterpret_cast<Moments*>(into);
  const auto& b = StateOf<Moments>(from);
  if (b.count == 0) return;
  if (a.count == 0) {
    a = b;
    return;
  }
  const double distance = a.sum / a.count - b.sum / b.count;
  a.squares += b.squares + a.count * b.count * distance * distance / (a.count + b.count);
  a.count += b.count;
  a.sum += b.sum;
}
template <bool sample, bool root>
void Finish(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& moments = StateOf<Moments>(state);
  if (moments.count < (sample ? 2 : 1)) return out.SetNull(row);
  const double variance = moments.squares / (sample ? moments.count - 1 : moments.count);
  out.data<double>()[row] = root ? std::sqrt(variance) : variance;
}

}  // namespace

void AddVarianceAggregates(std::vector<AggregateFunction>& out) {
  const auto add = [&](std::string_view name, auto finish) {
    out.push_back({name, {kInt}, kDouble, sizeof(Moments), Collect<int64_t>, Merge, finish});
    out.push_back({name, {kDouble}, kDouble, sizeof(Moments), Collect<double>, Merge, finish});
  };
  add("variance", Finish<true, false>);
  add("var_samp", Finish<true, false>);
  add("var_pop", Finish<false, false>);
  add("stddev", Finish<true, true>);
  add("stddev_samp", Finish<true, true>);
  add("stddev_pop", Finish<false, true>);
}

}  // namespace rem::sql

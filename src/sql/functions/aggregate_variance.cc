#include <cmath>

#include "sql/functions/aggregate_rows.h"
#include "sql/functions/exact_sum.h"
#include "types/numeric.h"

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

void Collect(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const double* cells = in.data<double>();
  const size_t mask = in.row_mask();
  ForEachState<Moments>(update, [&](Moments& moments, size_t row) { moments.Add(cells[row & mask]); });
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

// Of exact numbers, from the sum and the sum of squares: (n * squares - sum * sum) / (n * (n - 1)).
std::string ExactVariance(const std::string& sum, const std::string& squares, int64_t count, bool sample, bool root) {
  for (const std::string& one : {sum, squares}) {
    if (one.find_first_of("NI") != std::string::npos) return "NaN";
  }
  const std::string n = NumericFromInt(count);
  const std::string above = SubtractNumerics(MultiplyNumerics(n, squares), MultiplyNumerics(sum, sum));
  if (CompareNumerics(above, "0") <= 0) return "0";
  const std::string variance = DivideNumerics(above, MultiplyNumerics(n, sample ? NumericFromInt(count - 1) : n));
  return root ? RoundNumeric(SqrtNumeric(variance), NumericScale(variance)) : variance;
}

template <bool sample, bool root>
void FinishExact(const std::string& sum, const std::string& squares, int64_t count, Column& out, size_t row,
                 KernelFailure& failure) {
  if (count < (sample ? 2 : 1)) return out.SetNull(row);
  try {
    out.data<std::string_view>()[row] = out.arena().Copy(ExactVariance(sum, squares, count, sample, root));
  } catch (const Error& error) {
    failure.Set(row, error.code(), error.message(), error.hint());
  }
}

struct IntMoments {
  WideSum sum;
  WideSquares squares;
  int64_t count;
};
void CollectInts(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const int64_t* cells = in.data<int64_t>();
  const size_t mask = in.row_mask();
  ForEachState<IntMoments>(update, [&](IntMoments& moments, size_t row) {
    moments.sum.Add(cells[row & mask]);
    moments.squares.AddSquare(cells[row & mask]);
    ++moments.count;
  });
}
void MergeInts(std::byte* into, const std::byte* from, Arena&, KernelFailure&) {
  auto& moments = *reinterpret_cast<IntMoments*>(into);
  const auto& other = StateOf<IntMoments>(from);
  moments.sum.Add(other.sum);
  moments.squares.Add(other.squares);
  moments.count += other.count;
}
template <bool sample, bool root>
void FinishInts(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& moments = StateOf<IntMoments>(state);
  FinishExact<sample, root>(NumericFromWide(moments.sum.value(), 0), NumericFromWide(moments.squares), moments.count,
                            out, row, failure);
}

struct NumericMoments {
  ExactSum sum;
  ExactSum squares;
};
void CollectNumerics(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const auto* cells = in.data<std::string_view>();
  const size_t mask = in.row_mask();
  ForEachState<NumericMoments>(update, [&](NumericMoments& moments, size_t row) {
    try {
      const std::string_view value = cells[row & mask];
      moments.sum.Add(value, *update.arena);
      moments.squares.Add(MultiplyNumerics(value, value), *update.arena);
    } catch (const Error& error) {
      update.failure->Set(row, error.code(), error.message(), error.hint());
    }
  });
}
void MergeNumerics(std::byte* into, const std::byte* from, Arena& arena, KernelFailure& failure) {
  auto& moments = *reinterpret_cast<NumericMoments*>(into);
  const auto& other = StateOf<NumericMoments>(from);
  try {
    moments.sum.Merge(other.sum, arena);
    moments.squares.Merge(other.squares, arena);
  } catch (const Error& error) {
    failure.Set(0, error.code(), error.message(), error.hint());
  }
}
template <bool sample, bool root>
void FinishNumerics(const std::byte* state, Column& out, size_t row, KernelFailure& failure) {
  const auto& moments = StateOf<NumericMoments>(state);
  FinishExact<sample, root>(moments.sum.ToText(), moments.squares.ToText(), moments.sum.count, out, row, failure);
}

template <bool sample, bool root>
void Add(std::vector<AggregateFunction>& out, std::string_view name) {
  for (const LogicalType type : {kSmallInt, kInteger, kInt})
    out.push_back({name, {type}, kNumeric, sizeof(IntMoments), CollectInts, MergeInts, FinishInts<sample, root>});
  out.push_back({name,
                 {kNumeric},
                 kNumeric,
                 sizeof(NumericMoments),
                 CollectNumerics,
                 MergeNumerics,
                 FinishNumerics<sample, root>});
  for (const LogicalType type : {kReal, kDouble})
    out.push_back({name, {type}, kDouble, sizeof(Moments), Collect, Merge, Finish<sample, root>});
}

}  // namespace

void AddVarianceAggregates(std::vector<AggregateFunction>& out) {
  Add<true, false>(out, "variance");
  Add<true, false>(out, "var_samp");
  Add<false, false>(out, "var_pop");
  Add<true, true>(out, "stddev");
  Add<true, true>(out, "stddev_samp");
  Add<false, true>(out, "stddev_pop");
}

}  // namespace rem::sql

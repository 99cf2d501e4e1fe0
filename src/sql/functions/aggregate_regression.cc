#include <cmath>

#include "sql/functions/aggregate_rows.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// Pairs (Y, X): sums, and sums of squared distances from the means and of their products, as Youngs and Cramer (1971)
// add them up.
struct Pairs {
  double count;
  double x, y;
  double xx, yy, xy;

  void Add(double new_y, double new_x) {
    const double before = count;
    count += 1;
    x += new_x;
    y += new_y;
    if (before == 0) {
      if (!std::isfinite(new_x)) xx = xy = std::nan("");
      if (!std::isfinite(new_y)) yy = xy = std::nan("");
      return;
    }
    const double from_x = new_x * count - x, from_y = new_y * count - y;
    const double scale = 1.0 / (count * before);
    xx += from_x * from_x * scale;
    yy += from_y * from_y * scale;
    xy += from_x * from_y * scale;
    if (std::isinf(x) || std::isinf(xx)) xx = xy = std::nan("");
    if (std::isinf(y) || std::isinf(yy)) yy = xy = std::nan("");
  }
};

void Collect(AggregateUpdate& update) {
  const Column& y = *update.in[0];
  const Column& x = *update.in[1];
  ForEachState<Pairs>(update, [&](Pairs& pairs, size_t row) {
    pairs.Add(y.data<double>()[row & y.row_mask()], x.data<double>()[row & x.row_mask()]);
  });
}

void FinishCount(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  out.data<int64_t>()[row] = static_cast<int64_t>(StateOf<Pairs>(state).count);
}

// F of the pairs; NULL without pairs and where IsNone says that there is no result.
template <double (*F)(const Pairs&), bool (*IsNone)(const Pairs&)>
void Finish(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& pairs = StateOf<Pairs>(state);
  if (pairs.count < 1 || IsNone(pairs)) return out.SetNull(row);
  out.data<double>()[row] = F(pairs);
}

bool Never(const Pairs&) { return false; }
bool OnePair(const Pairs& pairs) { return pairs.count < 2; }
bool OneX(const Pairs& pairs) { return pairs.xx == 0; }
bool OneXOrY(const Pairs& pairs) { return pairs.xx == 0 || pairs.yy == 0; }

double Sxx(const Pairs& p) { return p.xx; }
double Syy(const Pairs& p) { return p.yy; }
double Sxy(const Pairs& p) { return p.xy; }
double AverageX(const Pairs& p) { return p.x / p.count; }
double AverageY(const Pairs& p) { return p.y / p.count; }
double Covariance(const Pairs& p) { return p.xy / p.count; }
double SampleCovariance(const Pairs& p) { return p.xy / (p.count - 1); }
double Correlation(const Pairs& p) { return p.xy / std::sqrt(p.xx * p.yy); }
double Determination(const Pairs& p) { return p.yy == 0 ? 1.0 : (p.xy * p.xy) / (p.xx * p.yy); }
double Slope(const Pairs& p) { return p.xy / p.xx; }
double Intercept(const Pairs& p) { return (p.y - p.x * p.xy / p.xx) / p.count; }

}  // namespace

void AddRegressionAggregates(std::vector<AggregateFunction>& out) {
  const auto add = [&](std::string_view name, auto finish, LogicalType result = kDouble) {
    out.push_back({name, {kDouble, kDouble}, result, sizeof(Pairs), Collect, nullptr, finish});
  };
  add("regr_count", FinishCount, kInt);
  add("regr_sxx", Finish<Sxx, Never>);
  add("regr_syy", Finish<Syy, Never>);
  add("regr_sxy", Finish<Sxy, Never>);
  add("regr_avgx", Finish<AverageX, Never>);
  add("regr_avgy", Finish<AverageY, Never>);
  add("covar_pop", Finish<Covariance, Never>);
  add("covar_samp", Finish<SampleCovariance, OnePair>);
  add("corr", Finish<Correlation, OneXOrY>);
  add("regr_r2", Finish<Determination, OneX>);
  add("regr_slope", Finish<Slope, OneX>);
  add("regr_intercept", Finish<Intercept, OneX>);
}

}  // namespace rem::sql

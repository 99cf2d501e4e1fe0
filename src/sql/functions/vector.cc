#include <cmath>

#include "search/vector_kernels.h"
#include "sql/functions/map.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Vector = std::span<const float>;

template <auto Score>
void ScoreVectors(KernelCall& call, size_t row, const Vector& a, const Vector& b, double& out) {
  if (a.size() != b.size()) {
    return call.failure->Set(
        row, ErrorCode::kDimensionMismatch,
        "vectors have different dimensions: " + std::to_string(a.size()) + " and " + std::to_string(b.size()));
  }
  out = Score(a.data(), b.data(), a.size());
}

double CosineDistance(const float* a, const float* b, size_t count) { return 1 - CosineSimilarity(a, b, count); }
double NegativeInnerProduct(const float* a, const float* b, size_t count) { return -InnerProduct(a, b, count); }
double L1Distance(const float* a, const float* b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += std::fabs(double{a[i]} - b[i]);
  return sum;
}
int64_t Dimensions(const Vector& a) { return static_cast<int64_t>(a.size()); }
double Norm(const Vector& a) { return std::sqrt(InnerProduct(a.data(), a.data(), a.size())); }

}  // namespace

void AddVectorFunctions(std::vector<Function>& out) {
  out.push_back({"cosine",
                 {kVector, kVector},
                 kDouble,
                 MapFull<ScoreVectors<CosineSimilarity>, double, Vector, Vector>,
                 true,
                 Volatility::kImmutable,
                 true});
  // The operators and functions of pgvector.
  const auto add = [&](std::string_view name, Kernel kernel) {
    out.push_back({name, {kVector, kVector}, kDouble, kernel});
  };
  add("<=>", MapFull<ScoreVectors<CosineDistance>, double, Vector, Vector>);
  add("cosine_distance", MapFull<ScoreVectors<CosineDistance>, double, Vector, Vector>);
  add("<#>", MapFull<ScoreVectors<NegativeInnerProduct>, double, Vector, Vector>);
  add("inner_product", MapFull<ScoreVectors<InnerProduct>, double, Vector, Vector>);
  add("vector_negative_inner_product", MapFull<ScoreVectors<NegativeInnerProduct>, double, Vector, Vector>);
  add("<->", MapFull<ScoreVectors<L2Distance>, double, Vector, Vector>);
  add("l2_distance", MapFull<ScoreVectors<L2Distance>, double, Vector, Vector>);
  add("<+>", MapFull<ScoreVectors<L1Distance>, double, Vector, Vector>);
  add("l1_distance", MapFull<ScoreVectors<L1Distance>, double, Vector, Vector>);
  out.push_back({"vector_dims", {kVector}, kInteger, Map<Dimensions, int64_t, Vector>});
  out.push_back({"vector_norm", {kVector}, kDouble, Map<Norm, double, Vector>});
}

}  // namespace rem::sql

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

}  // namespace

void AddVectorFunctions(std::vector<Function>& out) {
  out.push_back({"cosine",
                 {kVector, kVector},
                 kDouble,
                 MapFull<ScoreVectors<CosineSimilarity>, double, Vector, Vector>,
                 true,
                 Volatility::kImmutable,
                 true});
  out.push_back({"inner_product",
                 {kVector, kVector},
                 kDouble,
                 MapFull<ScoreVectors<InnerProduct>, double, Vector, Vector>,
                 true,
                 Volatility::kImmutable,
                 true});
}

}  // namespace rem::sql

#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "store/read_view.h"

namespace rem {

struct FlatQuery {
  /// Higher scores are better: that of kL2 is minus the distance.
  enum class Metric : uint8_t { kCosine, kInnerProduct, kL2 };
  Metric metric = Metric::kCosine;
  std::span<const float> vector;
  size_t k = 10;
  double min_score = -std::numeric_limits<double>::infinity();
  /// Only these rows, ascending; all live rows without it.
  std::optional<std::span<const RowId>> rows;
  /// Called now and then; may throw to end the search.
  std::function<void()> check;
  /// Where the number of computed scores goes.
  size_t* scored = nullptr;
};

/// The score of vectors for one query vector, which outlives it; both have the same dimension.
class VectorScorer {
 public:
  VectorScorer(FlatQuery::Metric metric, std::span<const float> query);
  double operator()(const float* vector) const;

 private:
  const FlatQuery::Metric metric_;
  const std::span<const float> query_;
  double squared_ = 0;  // Of the query's length.
};

struct ScoredRow {
  RowId row = 0;
  double score = 0;
};

/// The k live rows with the highest scores, best first, rows with equal scores by row id; exact: every vector is looked
/// at. Fewer when fewer rows match. Rows without a vector have no score. Error(kDimensionMismatch).
std::vector<ScoredRow> FlatSearch(const ReadView& view, const Table& table, const VectorColumn& column,
                                  const FlatQuery& query);

}  // namespace rem

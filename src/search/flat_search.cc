#include "search/flat_search.h"

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "search/vector_kernels.h"
#include "storage/row_codec.h"

namespace rem {

namespace {

/// Getting one vector costs about as much as scanning this many.
constexpr int64_t kScannedVectorsForOneGet = 6;
constexpr size_t kScoresBetweenChecks = 1024;

bool Better(const ScoredRow& a, const ScoredRow& b) { return a.score != b.score ? a.score > b.score : a.row < b.row; }

class FlatSearcher {
 public:
  FlatSearcher(const ReadView& view, const Table& table, const VectorColumn& column, const FlatQuery& query)
      : view_(view), table_(table), column_(column), query_(query), score_of_(query.metric, query.vector) {}

  size_t scored() const { return scored_; }

  std::vector<ScoredRow> Run(size_t k) {
    k_ = k;
    best_.clear();
    if (k == 0) return {};
    const int64_t live = table_.counters->live_rows.load();
    if (!query_.rows) {
      view_.ScanVectors(table_, column_, [&](RowId row, std::span<const float> vector) { return Offer(row, vector); });
    } else if (static_cast<int64_t>(query_.rows->size()) * kScannedVectorsForOneGet < live) {
      VectorValue vector;
      for (const RowId row : *query_.rows) {
        if (view_.GetVector(table_, column_, row, vector)) Offer(row, vector);
      }
    } else {
      auto next = query_.rows->begin();
      view_.ScanVectors(table_, column_, [&](RowId row, std::span<const float> vector) {
        next = std::lower_bound(next, query_.rows->end(), row);
        if (next != query_.rows->end() && *next == row) Offer(row, vector);
        return next != query_.rows->end();
      });
    }
    std::ranges::sort(best_, Better);
    return best_;
  }

 private:
  bool Offer(RowId row, std::span<const float> vector) {
    if (vector.size() != query_.vector.size()) {
      throw Error(ErrorCode::kDimensionMismatch,
                  fmt::format("vector has dimension {}, column \"{}\" has dimension {}", query_.vector.size(),
                              column_.name, vector.size()),
                  "search with a vector of the column's dimension");
    }
    if (++scored_ % kScoresBetweenChecks == 0 && query_.check) query_.check();
    const ScoredRow scored{row, score_of_(vector.data())};
    if (!(scored.score >= query_.min_score)) return true;
    if (best_.size() < k_) {
      best_.push_back(scored);
      std::ranges::push_heap(best_, Better);
    } else if (Better(scored, best_.front())) {
      std::ranges::pop_heap(best_, Better);
      best_.back() = scored;
      std::ranges::push_heap(best_, Better);
    }
    return true;
  }

  const ReadView& view_;
  const Table& table_;
  const VectorColumn& column_;
  const FlatQuery& query_;
  const VectorScorer score_of_;
  size_t k_ = 0;
  size_t scored_ = 0;
  std::vector<ScoredRow> best_;  // a heap with the worst in front
};

}  // namespace

VectorScorer::VectorScorer(FlatQuery::Metric metric, std::span<const float> query) : metric_(metric), query_(query) {
  if (metric == FlatQuery::Metric::kCosine) squared_ = InnerProduct(query.data(), query.data(), query.size());
}

double VectorScorer::operator()(const float* vector) const {
  switch (metric_) {
    case FlatQuery::Metric::kCosine:
      return CosineOf(InnerProduct(vector, query_.data(), query_.size()), squared_,
                      InnerProduct(vector, vector, query_.size()));
    case FlatQuery::Metric::kInnerProduct:
      return InnerProduct(vector, query_.data(), query_.size());
    case FlatQuery::Metric::kL2:
      return -L2Distance(vector, query_.data(), query_.size());
  }
  return 0;
}

std::vector<ScoredRow> FlatSearch(const ReadView& view, const Table& table, const VectorColumn& column,
                                  const FlatQuery& query) {
  FlatSearcher searcher(view, table, column, query);
  const auto finish = [&](std::vector<ScoredRow> found) {
    if (query.scored != nullptr) *query.scored = searcher.scored();
    return found;
  };
  if (query.rows) return finish(searcher.Run(query.k));
  // Rows given by the caller are live; without them, soft-deleted rows may still have vectors. Look further until
  // enough live ones are found.
  std::string buffer;
  for (size_t asked = query.k;; asked *= 2) {
    std::vector<ScoredRow> found = searcher.Run(asked);
    const bool all = found.size() < asked;
    std::erase_if(found, [&](const ScoredRow& scored) {
      return !view.GetRow(table, scored.row, buffer) || RowView(buffer, table.keys.get()).deleted();
    });
    if (!all && found.size() < query.k && asked <= SIZE_MAX / 4) continue;
    found.resize(std::min(found.size(), query.k));
    return finish(std::move(found));
  }
}

}  // namespace rem

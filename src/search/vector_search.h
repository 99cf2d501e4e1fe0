#pragma once

#include "search/flat_search.h"

namespace rem {

/// What a vector search did, for EXPLAIN ANALYZE.
struct VectorSearchReport {
  enum class Strategy : uint8_t {
    kExact,          ///< every vector of the table, or of the given rows
    kGraph,          ///< the graph, then the candidates exactly
    kGraphRows,      ///< the codes of the given rows, then the best of them exactly
    kGraphExpanded,  ///< the graph, further and further until enough of the given rows were met
  };
  Strategy strategy = Strategy::kExact;
  size_t codes = 0;   ///< distances estimated from codes
  size_t scored = 0;  ///< vectors compared exactly
  size_t ef = 0;      ///< of the walk over the graph
};
const char* StrategyName(VectorSearchReport::Strategy strategy);

/// A search for more rows than this is as fast without the graph.
inline constexpr size_t kMaxGraphTop = 2000;

struct VectorQuery : FlatQuery {
  /// Nodes that a walk over the graph keeps in sight: more find more. At least k is taken. 0: what the index has
  /// learned that it needs, see RecallSampler.
  size_t ef = 0;
};

/// As FlatSearch, by the column's index where there is one: then nearly all of the best rows are found, not surely all.
/// Scores are exact, rows that the view does not see never appear, changes that the index has not taken up yet are
/// looked at one by one, and k rows come back whenever k rows match. With a least score, k may be large: the graph is
/// searched until it is passed.
std::vector<ScoredRow> VectorSearch(const ReadView& view, const Table& table, const VectorColumn& column,
                                    const VectorQuery& query, VectorSearchReport* report = nullptr);

/// Whether every live row of the table, or each of `rows` (ascending), has a vector in the view. False also where the
/// column's index cannot tell.
bool EveryRowHasVector(const ReadView& view, const Table& table, const VectorColumn& column, FlatQuery::Metric metric,
                       const std::optional<std::span<const RowId>>& rows);

}  // namespace rem
